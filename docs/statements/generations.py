"""Models trained on the labels of earlier models."""

import jax
import jax.numpy as jnp
import numpy as np

import collapse_theory as ct
from docs.statements.statement import Statement, Verdict, arxiv

GERSTGRASSER = arxiv("Gerstgrasser, Schaeffer, Dey, Rafailov et al.", "2404.01413")
HE = arxiv("He, Xu, Cheng", "2502.18049")

ROUNDS = 200


def isotropic(ratio: jax.Array | float, synthetic_fraction: float) -> ct.Problem:
    """Sigma = I, n = `ratio` d, no ridge, all labels of round 1 real."""
    n = jnp.asarray(ratio)
    p = synthetic_fraction
    sources = (ct.Source((1 - p) * n, 1.0, 1.0), ct.Source(p * n, 1.0, 1.0))
    return ct.Problem(sources, 1.0, 0.0, multiplicities=np.ones(1))


def accumulated(ratio: float, rounds: int) -> float:
    """The error after rounds of accumulation, over that of the first."""
    errors = ct.accumulate(isotropic(ratio, 1.0), rounds).total
    return float(errors[-1] / errors[0])


def accumulation() -> dict[str, float]:
    """Accumulating and replacing, many rounds."""
    replaced = ct.generations(isotropic(1e3, 1.0), ROUNDS).total
    return {
        "few": accumulated(2.0, ROUNDS),
        "many": accumulated(1e6, ROUNDS),
        "bound": np.pi**2 / 6,
        "replaced": float(replaced[-1] / replaced[0]),
    }


def best_weights(ratios: list[float]) -> list[float]:
    """The weights of the fresh real half at which endless mixing ends lowest, on a grid of 10^-4."""
    weights = np.linspace(0.6, 0.64, 401)

    def end(ratio: jax.Array, weight: jax.Array) -> jax.Array:
        problem = ct.single_step_mixing(isotropic(ratio, 0.5), 1 - weight)
        return jnp.asarray(ct.generations(problem, 60).total)[-1]

    ends = jax.jit(jax.vmap(jax.vmap(end, (None, 0)), (0, None)))
    lowest = np.argmin(ends(jnp.asarray(ratios), jnp.asarray(weights)), axis=1)
    return [float(weight) for weight in weights[lowest]]


def golden_ratio() -> dict[str, float]:
    """Best weights at few and at many samples, and the limit."""
    few, many = best_weights([50.0, 1e6])
    return {"few": few, "many": many, "limit": (np.sqrt(5) - 1) / 2}


STATEMENTS = (
    Statement(
        GERSTGRASSER,
        "Where every model is trained on the labels of the last one alone, the error grows linearly with the rounds; where data accumulate it stays below π²/6 of "
        "the first round's",
        Verdict.CONFIRMED,
        accumulation,
        "Σ = I, over the first round's error, after 200 rounds: replaced {replaced:.1f}; accumulated {few:.4f} at n = 2 d, {many:.4f} at n = 10⁶ d (π²/6 = {bound:.4f}); "
        "with fresh features every round, where they keep one design",
        "tests/collapse_theory/test_generations.py::test_accumulating_is_bounded",
    ),
    Statement(
        HE,
        "Of all fixed weights of fresh real data against as many labelled by the last model, the reciprocal of the golden ratio ends at the least error (few features, d/n → 0)",
        Verdict.CONFIRMED,
        golden_ratio,
        "least squares, Σ = I: {many:.4f} at n = 10⁶ d (the ratio: {limit:.4f}); {few:.4f} at n = 50 d",
        "tests/collapse_theory/test_generations.py::test_golden_ratio",
    ),
)
