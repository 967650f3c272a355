"""What the paper says of widths and of iterative mixing, by simulations too."""

import numpy as np

import collapse_theory as ct
from derivations.theorems.corollary_3_same_half import limit_over_noise
from docs.statements.paper import WIDE, zeta_by_width
from simulations import simulate, simulate_generations
from tests.problems import ALARM


def test_width_amplifies_up_to_the_threshold():
    below, above = np.linspace(5, 150, 30), np.append(np.geomspace(150, 3000, 29), WIDE)
    zeta = zeta_by_width(np.stack([below, above]).ravel(), np.array([1e-6, 0.1]))
    plain, ridged = zeta.reshape(2, 2, 30)
    assert (np.diff(plain[0]) > 0).all()
    assert (np.diff(plain[1]) < 0).all()
    # Mitigated, not removed: never below what endless data leave.
    assert (plain[1] > 0.1**2 * 0.5).all()
    # The exception: with this ridge there is no peak.
    assert (np.diff(ridged, axis=1) > 0).all()
    assert ridged[1, 1] > ridged[0, -1]


def test_a_large_ridge_amplifies_beyond_the_threshold_in_simulations_too():
    def estimate(width):
        problem = ct.real_and_synthetic(
            n=30,
            synthetic_fraction=0.1,
            covariance=ct.spectra.power_law(60, 1.0),
            quality=0.5,
            noise=0.2,
            ridge=0.1,
            width=width,
        )
        return simulate(problem, 100)

    narrow, wide = estimate(30), estimate(50)
    stderr = np.hypot(narrow.stderr.zeta, wide.stderr.zeta)
    assert wide.mean.zeta - narrow.mean.zeta > ALARM * stderr


def test_iterative_mixing_in_both_readings():
    """Both end where theory and derivation say, on either side of the real half alone."""
    d, n = 20, 400
    problem = ct.real_and_synthetic(
        n=n, synthetic_fraction=0.5, covariance=np.ones(d), quality=1.0, noise=1.0, ridge=0.0
    )
    alone = d / (n / 2 - d - 1)
    fresh, same = (simulate_generations(problem, 8, 400, keep=keep) for keep in ("nothing", "real"))
    limits = {"fresh": float(ct.generations(problem, 8).total[-1]), "same": limit_over_noise(d / n)}
    for estimate, limit in zip((fresh, same), limits.values(), strict=True):
        mean, stderr = estimate.mean.total[-1], estimate.stderr.total[-1]
        # Finite size: 1 / (n/2 - d - 1) against 1 / (n/2 - d), and as much again for what is fed back.
        assert abs(mean - float(limit)) < ALARM * stderr + 2 / (n / 2 - d) * mean
    assert fresh.mean.total[-1] + ALARM * fresh.stderr.total[-1] < alone
    assert same.mean.total[-1] - ALARM * same.stderr.total[-1] > alone
