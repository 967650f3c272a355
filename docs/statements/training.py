"""Ways to train other than one fit to mixed data."""

import jax
import jax.numpy as jnp
import numpy as np

import collapse_theory as ct
from docs.statements.statement import Statement, Verdict, arxiv

TWO_STAGE = "anonymous authors, [OpenReview ayBfYBks0U](https://openreview.net/forum?id=ayBfYBks0U)"
DISTILLATION = arxiv("Dang, Patil, Rinaldo", "2602.17565")
OURS = "this project"

FEATURES, FRACTION, QUALITY, NOISE = 20, 0.5, 0.2, 0.5
SIZES = np.array([3e2, 3e3, 3e4, 3e5])
TIMES = np.geomspace(0.1, 1e4, 60)


def risk_by_schedule(steps: int) -> tuple[float, float]:
    """One-pass SGD on as many real as synthetic samples: mixed evenly, and real ones last.

    Rates fall as 2 / (t + 4 d); with two stages they start again where the real samples do.
    """
    count = np.array([float(FEATURES)])
    sources = (ct.Source(1, 1.0, NOISE), ct.Source(1, 1.0, NOISE, QUALITY))
    problem = ct.Problem(sources, 1.0, 0.0, multiplicities=count)
    time, half = np.arange(steps), steps // 2
    rates = 2 / (time + 4 * FEATURES)
    mixed = ct.one_pass_sgd(problem, rates, np.full(steps, FRACTION))
    staged = ct.one_pass_sgd(problem, np.tile(rates[:half], 2), np.where(time < half, 1.0, 0.0))
    return float(mixed.total[-1]), float(staged.total[-1])


def two_stage_sgd() -> dict[str, float]:
    """Risks after 10^3, 10^4 and 10^5 samples."""
    answers = {}
    for power in (3, 4, 5):
        answers[f"mixed_{power}"], answers[f"staged_{power}"] = risk_by_schedule(10**power)
    return answers


def teacher(ridge: object) -> ct.Problem:
    """A power law, more samples than features."""
    covariance = ct.spectra.power_law(200, 0.8)
    return ct.Problem((ct.Source(400, covariance, 1.0),), 1.0, ridge)  # type: ignore[arg-type]


def self_distillation() -> dict[str, float]:
    """A teacher and its best student, where the ridge is too small, best, and too large."""
    # The best ridge for a signal that is alike in all directions: d sigma^2 / (n tr Sigma Gamma).
    best = 0.5
    answers = {"ridge": best}
    for name, ridge in {"small": 0.1, "best": best, "large": 3.0}.items():
        answer = ct.best_distillation(teacher(ridge))
        answers[f"{name}_teacher"] = float(answer.teacher.total)
        answers[f"{name}_student"] = float(answer.best.total)
        # Where the best mix is 0 its sign is rounding.
        answers[f"{name}_mix"] = float(answer.mix) if name != "best" else abs(float(answer.mix))
    return answers


def mixture(n: object) -> ct.Problem:
    """Half of the samples synthetic; p_2^2 c^2 = 0.05."""
    return ct.real_and_synthetic(
        n=n,  # type: ignore[arg-type]
        synthetic_fraction=FRACTION,
        covariance=ct.spectra.power_law(100, 1.0),
        quality=QUALITY,
        noise=NOISE,
        ridge=0.0,
    )


def risk_at_the_best_time() -> np.ndarray:
    """The least error of gradient flow over times, at four sizes."""

    def least(n: jax.Array) -> jax.Array:
        return jnp.min(jnp.asarray(ct.gradient_flow(mixture(n), TIMES).total))

    return np.asarray(jax.jit(jax.vmap(least))(jnp.asarray(SIZES)))


def early_stopping() -> dict[str, float]:
    """These errors, and that of real data alone."""
    names = [f"n_{power}" for power in (2, 3, 4, 5)]
    return dict(zip(names, risk_at_the_best_time(), strict=True))


def risk_of_fine_tuning() -> np.ndarray:
    """Ridge regression on the synthetic half, then towards that on the real half.

    Ridges are the best for targets alike in all directions, of size 1 and then c^2: d sigma^2 / (n/2)
    over the size.
    """

    def error(n: jax.Array) -> jax.Array:
        ridge = 100 * NOISE / (n / 2)
        ridges = jnp.stack([ridge, ridge / QUALITY])
        return jnp.asarray(ct.two_stage(mixture(n), ridges).total)

    return np.asarray(jax.jit(jax.vmap(error))(jnp.asarray(SIZES)))


def fine_tuning() -> dict[str, float]:
    """The errors of fine-tuning at the same sizes."""
    names = [f"n_{power}" for power in (2, 3, 4, 5)]
    return dict(zip(names, risk_of_fine_tuning(), strict=True))


STATEMENTS = (
    Statement(
        TWO_STAGE,
        "One-pass SGD on mixed data has strong model collapse; with synthetic data in a first stage and real data in a second it has none",
        Verdict.CONFIRMED,
        two_stage_sgd,
        "Σ = I, d = 20, p₂ = 1/2, c² = 0.2, exact at this d: after 10³, 10⁴, 10⁵ samples mixed {mixed_3:.4f}, {mixed_4:.4f}, {mixed_5:.4f} (p₂²c² = 0.05), "
        "real last {staged_3:.4f}, {staged_4:.5f}, {staged_5:.6f}",
        "tests/docs/test_training.py::test_two_stages_of_sgd",
    ),
    Statement(
        DISTILLATION,
        "Self-distillation improves strictly: the student of the best mix of true labels and its ridge teacher's is better than the teacher; the sign of the "
        "mix is that of −dR/dλ",
        Verdict.EXCEPTION,
        self_distillation,
        "λⱼ ~ j^−0.8, d = 200, n = 400, σ² = 1: λ = 0.1: {small_teacher:.5f} → {small_student:.5f} (mix {small_mix:.3f}); λ = 3: {large_teacher:.5f} → "
        "{large_student:.5f} (mix {large_mix:.3f}); at the best λ = {ridge:.3f} the exception, which they name (dR/dλ = 0): {best_teacher:.5f} → {best_student:.5f} (mix {best_mix:.3f})",
        "tests/docs/test_training.py::test_students_are_better_but_at_the_best_ridge",
    ),
    Statement(
        OURS,
        "Early stopping does not avoid the plateau",
        Verdict.CONFIRMED,
        early_stopping,
        "λⱼ ~ 1/j, d = 100, p₂ = 1/2, p₂²c² = 0.05: at the best time {n_2:.4f}, {n_3:.4f}, {n_4:.4f}, {n_5:.4f} for n = 3·10², .., 3·10⁵",
        "tests/docs/test_training.py::test_early_stopping_has_a_plateau",
    ),
    Statement(
        OURS,
        "Fine-tuning on the real half avoids it",
        Verdict.CONFIRMED,
        fine_tuning,
        "the same data, trained on the synthetic half and then towards it on the real half: {n_2:.4f}, {n_3:.4f}, {n_4:.5f}, {n_5:.6f}",
        "tests/docs/test_training.py::test_fine_tuning_has_none",
    ),
)
