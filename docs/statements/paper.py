"""What "Strong Model Collapse" itself says."""

import jax
import jax.numpy as jnp
import numpy as np

import collapse_theory as ct
from derivations.theorems.corollary_3_same_half import limit_over_noise
from docs.statements.statement import Statement, Verdict, arxiv

SOURCE = arxiv("Dohmatob, Feng, Subramonian, Kempe", "2410.04840")
D = 100
WIDE = 1e6  # a width that no longer restricts


def isotropic(n: float, synthetic_fraction: float) -> ct.Problem:
    """Sigma = I, no ridge, c^2 = sigma^2 = 1."""
    return ct.real_and_synthetic(
        n=n,
        synthetic_fraction=synthetic_fraction,
        covariance=1.0,
        quality=1.0,
        noise=1.0,
        ridge=0.0,
        multiplicities=np.array([float(D)]),
    )


def floors() -> dict[str, float]:
    """Plateaus of 1% and 0.1% synthetic data, and errors at 10^7 d samples with and without them."""
    fractions = {"one": 0.01, "tenth": 0.001, "none": 0.0}
    answers = {name: float(ct.plateau(isotropic(D, p)).total) for name, p in fractions.items()}
    endless = {
        f"{name}_large": float(ct.predict(isotropic(1e7 * D, p)).total) for name, p in fractions.items()
    }
    return answers | endless


def zeta_by_width(widths: np.ndarray, ridges: np.ndarray) -> np.ndarray:
    """Zeta of a power law, d = 300 and n = 150, p_2 = 0.1 and c^2 = 0.5: a row for each ridge."""

    def zeta(ridge: jax.Array, width: jax.Array) -> jax.Array:
        problem = ct.real_and_synthetic(
            n=150,
            synthetic_fraction=0.1,
            covariance=ct.spectra.power_law(300, 1.0),
            quality=0.5,
            noise=0.2,
            ridge=ridge,
            width=width,
        )
        return jnp.asarray(ct.predict(problem).zeta)

    both = jax.vmap(jax.vmap(zeta, (None, 0)), (0, None))
    return np.asarray(jax.jit(both)(jnp.asarray(ridges), jnp.asarray(widths)))


def widths() -> dict[str, float]:
    """Zeta below, at and above m = n, with hardly any ridge and with a large one."""
    names = ("half", "equal", "double", "wide")
    plain, ridged = zeta_by_width(np.array([75.0, 150.0, 300.0, WIDE]), np.array([1e-6, 0.1]))
    answers = {"floor": 0.1**2 * 0.5} | dict(zip(names, plain, strict=True))
    return answers | {f"ridged_{name}": zeta for name, zeta in zip(names, ridged, strict=True)}


def weights() -> dict[str, float]:
    """Plateaus at fixed weights, and the best weight of Corollary 2, which is none of them."""

    def floor(weight: float) -> float:
        return float(ct.plateau(ct.single_step_mixing(isotropic(D, 0.5), weight)).total)

    def best(ratio: float) -> float:
        return float(ct.corollary_2_best_weight(d=1.0, n=ratio, p2=0.5, sigma2=1.0, c2=1.0))

    return {
        "one": floor(0.01),
        "tenth": floor(0.1),
        "best_100": best(100.0),
        "best_10000": best(10000.0),
    }


def iterative_mixing() -> dict[str, float]:
    """Where both readings of Corollary 3 end at n = 100 d, and the real half of one round alone."""
    errors = np.asarray(ct.generations(isotropic(100 * D, 0.5), 40).total)
    return {
        "alone": float(ct.predict(isotropic(50 * D, 0.0)).total),
        "fresh": float(errors[-1]),
        "rounds": int(np.argmax(errors < 1.01 * errors[-1])) + 1,
        "same": float(limit_over_noise(0.01)),
    }


STATEMENTS = (
    Statement(
        SOURCE,
        "Even 1% or 0.1% of synthetic data ends the scaling law: for any fixed p₂ > 0 the error has a floor that no amount of "
        "data lowers, p₂²c² for Σ = I without a ridge",
        Verdict.CONFIRMED,
        floors,
        "Σ = I, c² = σ² = 1: floors {one:.4e} and {tenth:.4e}; at n = 10⁷ d the error is {one_large:.4e} with 1%, {tenth_large:.4e} with 0.1% and "
        "{none_large:.4e} without synthetic data",
        "tests/collapse_theory/test_plateau.py::test_plateau_of_the_paper",
    ),
    Statement(
        SOURCE,
        "Larger models amplify collapse up to the interpolation threshold m = n; beyond it they may mitigate it, but do not remove it",
        Verdict.EXCEPTION,
        widths,
        "λⱼ ~ 1/j, d = 300, n = 150, p₂²c² = {floor:.3g}: at m = n/2, n, 2n and ∞ ζ is {half:.4f}, {equal:.2f}, {double:.4f}, {wide:.4f} with "
        "λ = 10⁻⁶, as stated; with λ = 0.1 it is {ridged_half:.4f}, {ridged_equal:.4f}, {ridged_double:.4f}, {ridged_wide:.4f}: a large ridge leaves no "
        "peak, and larger models amplify throughout",
        "tests/docs/test_paper.py::test_width_amplifies_up_to_the_threshold",
    ),
    Statement(
        SOURCE,
        "No fixed weight a > 0 of the synthetic loss removes the floor, which is a²c²; the best weight tends to 0, to training on "
        "real data alone",
        Verdict.CONFIRMED,
        weights,
        "Σ = I, c² = σ² = 1: floors {one:.4e} for a = 0.01 and {tenth:.4e} for a = 0.1; best a, to first order in d/n, {best_100:.4f} at n = 100 d, "
        "{best_10000:.6f} at n = 10⁴ d",
        "tests/collapse_theory/test_mixing.py::test_best_weight_tends_to_corollary_2",
    ),
    Statement(
        SOURCE,
        "Iterative mixing of real data and data labelled by the last model brings a scaling law back within order log(n/d) rounds, but "
        "training on the real half alone is better",
        Verdict.EXCEPTION,
        iterative_mixing,
        "n = 100 d, errors over σ²: the real half of one round alone {alone:.5f}; with the same real half in every round the end is {same:.5f}, worse, as "
        "stated; with fresh real data in every round it is {fresh:.5f}, better than one half (reached to 1% in {rounds:.0f} rounds, "
        "which use as many halves)",
        "tests/docs/test_paper.py::test_iterative_mixing_in_both_readings",
    ),
)
