"""The plateau and the crossover: closed forms, limits of `predict`, and what is reported of none."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from collapse_theory.equivalent import newton
from collapse_theory.plateau import at_size, crossover, plateau
from collapse_theory.scaling import scaling_exponents, source_condition
from tests.problems import parts, random_problem, replace


@pytest.mark.parametrize("seed", range(3))
def test_plateau_is_ridge_regression_on_the_population(seed):
    problem = random_problem(np.random.default_rng(seed), d=5, sources=3, diagonal=False, width=None)
    n, C = sum(s.n for s in problem.sources), problem.test_covariance
    pulls = [s.n / n * s.weight * s.covariance for s in problem.sources]
    resolvent = np.linalg.inv(sum(pulls) + problem.ridge * np.eye(5))
    bias = problem.ridge**2 * np.trace(C @ resolvent @ problem.signal @ resolvent)
    maps = [resolvent @ pull for pull in pulls[1:]]
    shifts = [s.shift for s in problem.sources[1:]]
    zeta = sum(np.trace(C @ M @ D @ M.T) for M, D in zip(maps, shifts, strict=True))
    np.testing.assert_allclose(parts(plateau(problem)), [bias, 0, zeta], rtol=1e-10)


@pytest.mark.parametrize("width", [8.5, 40.0])
@pytest.mark.parametrize("ridge", [0.0, 0.01])
def test_plateau_is_the_limit_of_the_error(width, ridge):
    problem = random_problem(np.random.default_rng(5), sources=3, width=width, ridge=ridge)
    limit = parts(plateau(problem))
    gaps = [np.abs(parts(ct.predict(at_size(problem, n))) - limit) for n in (1e8, 1e9)]
    assert (gaps[1] <= 0.101 * gaps[0] + 1e-13 * limit.sum()).all()  # the rest of every error is O(1/n)
    far = parts(ct.predict(at_size(problem, 1e30)))
    np.testing.assert_allclose(far, limit, rtol=1e-9, atol=1e-13 * limit.sum())


def mixture(quality=0.5, fraction=0.1, noise=0.1, signal=1.0, ridge=0.0, decay=0.0):
    return ct.real_and_synthetic(
        n=60.0,
        synthetic_fraction=fraction,
        covariance=ct.spectra.power_law(50, decay),
        signal=signal,
        quality=quality,
        noise=noise,
        ridge=ridge,
    )


def test_plateau_of_the_paper():
    np.testing.assert_allclose(parts(plateau(mixture(decay=1.5))), [0, 0, 0.1**2 * 0.5], rtol=1e-12)


@jax.jit
@jax.vmap
def log_crossover(quality, noise):
    """log n* and its derivative."""
    return jax.value_and_grad(lambda c2: jnp.log(crossover(mixture(c2, noise=noise))))(quality)


def test_crossover_of_corollary_1():
    # sigma^2 t = (p_2^2 + p_1 p_2 t) c^2 at t = phi / (1 - phi): n* = d (1 + 1/t), near d / t.
    c2, noise = np.geomspace(1e-12, 0.9, 25), np.full(25, 0.1)
    t = 0.1**2 * c2 / (noise - 0.1 * 0.9 * c2)
    found, slope = log_crossover(c2, noise)
    np.testing.assert_allclose(found, np.log(50 * (1 + 1 / t)), rtol=0, atol=1e-8)
    t_slope = noise / (noise - 0.1 * 0.9 * c2) / c2  # d log t / d c^2
    np.testing.assert_allclose(slope, -t_slope / (1 + t), rtol=1e-6)
    # To leading order the plateau is met at sigma^2 d / n = p_2^2 c^2.
    assert found[0] == pytest.approx(np.log(noise[0] * 50 / (0.1**2 * c2[0])), abs=1e-9)
    log_crossover(2 * c2, noise)
    assert log_crossover._cache_size() == 1


def test_of_several_crossings_it_is_the_last():
    # zeta leads about the threshold, where both parts peak, and again for good on its plateau.
    problem = mixture(2.0, fraction=0.6, noise=0.55, ridge=1e-5, decay=1.2)
    sizes = np.geomspace(1, 1e9, 400)
    risks = np.array([parts(ct.predict(at_size(problem, size))) for size in sizes])
    leads = risks[:, 2] > risks[:, 0] + risks[:, 1]
    turns = np.flatnonzero(np.diff(leads))
    assert len(turns) == 3
    n = crossover(problem)
    assert sizes[turns[-1]] <= n <= sizes[turns[-1] + 1]
    here = ct.predict(at_size(problem, n))
    np.testing.assert_allclose(here.zeta, here.bias + here.variance, rtol=1e-8)


def test_crossover_of_a_scaling_law():
    # lambda_j = Gamma_j lambda_j = j^-2 and lambda = 1 / n: the integrals of 1 / (1 + x^2)^2 and
    # x^2 / (1 + x^2)^2 are pi / 4, so that the clean error tends to (pi / 4)(1 + sigma^2) n^-1/2.
    covariance, noise, fraction = jnp.arange(1, 100_001.0) ** -2, 0.5, 0.5
    exponents = scaling_exponents(2.0, 2.0)
    assert (exponents.ridge_exponent, exponents.best) == (1.0, 0.5)
    signal = source_condition(covariance, 2.0, (1 / jnp.arange(1, 100_001.0) ** 2).sum())

    @jax.jit
    def ratio(c2):
        problem = ct.real_and_synthetic(
            n=1.0,
            synthetic_fraction=fraction,
            covariance=covariance,
            signal=signal,
            quality=source_condition(covariance, 6.0, c2),
            noise=noise,
            ridge=1.0,
        )
        level = fraction**2 * c2
        predicted = (np.pi / 4 * (1 + noise) / level) ** (1 / exponents.best)
        return crossover(problem, exponents.ridge_exponent) / predicted

    gaps = [abs(float(ratio(c2)) - 1) for c2 in (0.4, 0.1)]
    # Corrections are of relative size n*^-1/2, which is proportional to c^2.
    assert gaps[1] < 0.3 * gaps[0] < 0.3


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (mixture(fraction=0.0), np.inf),
        (mixture(quality=0.0), np.inf),
        (mixture(quality=0.0, noise=0.0), np.inf),  # no error at all from n = d on
        (mixture(ridge=10.0), np.inf),  # the plateau is made of bias
        (mixture(0.26, 0.045, 6e-4, ridge=0.018, decay=1.0), np.inf),  # zeta leads for a while only
        (mixture(signal=0.0, noise=0.0), 0.0),
    ],
)
def test_no_crossover(problem, expected):
    assert crossover(problem) == expected


def test_an_unsolved_system_is_never_a_number(monkeypatch):
    monkeypatch.setattr(newton, "MAX_STEPS", 1)
    narrow = replace(random_problem(np.random.default_rng(0), d=7, sources=1), width=jnp.array(5.0))
    for question in (plateau, crossover):
        with pytest.raises(ct.SolveError, match="did not converge in 1 Newton steps"):
            question(narrow)
