"""Self-distillation: students trained on the labels of their teacher, for the same inputs."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from collapse_theory import checks
from collapse_theory.equivalent import Groups, Status, alike, solved
from collapse_theory.equivalent.complex_numbers import scaled
from collapse_theory.problem import Problem
from collapse_theory.risk import Risk
from collapse_theory.training.filters import SpectralFilter
from collapse_theory.training.spectral_filter import filtered_with_status, products_of_errors


def self_distillation(problem: Problem, mix: checks.Matrix) -> Risk:
    """The excess test error of a teacher and of students that learn from each other in turn.

    The teacher is the ridge fit of `problem`.  Every student is the ridge fit, with the same ridge and
    on the same inputs, of labels of which a part is the prediction of the model before,

        (1 - xi) y + xi y_hat,        residual_t(u) = u + xi_t (1 - u) residual_(t-1)(u),

    u = lambda / (x + lambda) being what the teacher leaves of a direction of eigenvalue x.

    - `mix`: xi, any numbers: one for each round, shape (rounds,) or a single one.

    Parts have shape (rounds + 1,), the teacher's first.  One round agrees with Theorem 3.1 of arXiv
    2602.17565; any sources, covariances, weights and width (ours, by two-point equivalents).  Raises
    ValueError for a ridge of 0, where teacher and students are the same; SolveError as
    `spectral_filter`.
    """
    mixes = jnp.atleast_1d(checks.floating("mix", mix, (0, 1), "a number or one for each round"))
    checks.number("ridge", problem.ridge, above=0)
    return solved(*_students(problem, mixes, alike(problem)))


class Distillation(eqx.Module):
    """The best single round of self-distillation, and what it is made of.

        risk(xi) = (1 - xi)^2 R + 2 xi (1 - xi) C + xi^2 P,      best xi = (R - C) / (R + P - 2 C)

    - `teacher`, R, and `pure`, P: the risks at xi = 0 and at xi = 1, labels of the teacher alone;
    - `cross`: C, the mean product of their errors;
    - `mix`: the best xi, which may be negative or above 1; `best`: the risk there.

    It is below the teacher's unless R = C, which is where R is stationary in the ridge (the exception
    to the "strict improvement" of arXiv 2602.17565).
    """

    teacher: Risk
    cross: Risk
    pure: Risk
    mix: Float[Array, ""]
    best: Risk


def best_distillation(problem: Problem) -> Distillation:
    """The best mix of true and of the teacher's labels.  Errors as of `self_distillation`."""
    checks.number("ridge", problem.ridge, above=0)
    return solved(*_best(problem, alike(problem)))


def _filters(problem: Problem, mixes: Float[Array, " rounds"]) -> SpectralFilter:
    """The teacher and, one after another, its students."""

    def residuals(u: Complex[Array, " Q"]) -> Complex[Array, "models Q"]:
        left = [u]
        for xi in mixes:
            left.append(u + scaled(xi, (1 - u) * left[-1]))
        return jnp.stack(left)

    return SpectralFilter.around(problem.ridge, residuals, len(mixes) + 1)


@eqx.filter_jit
def _students(
    problem: Problem, mixes: Float[Array, " rounds"], groups: Groups | None
) -> tuple[Risk, Status]:
    return filtered_with_status(problem, _filters(problem, mixes), groups)


@eqx.filter_jit
def _best(problem: Problem, groups: Groups | None) -> tuple[Distillation, Status]:
    products, status = products_of_errors(problem, _filters(problem, jnp.ones(1)), groups)
    R, C, P = products[:, 0, 0], products[:, 0, 1], products[:, 1, 1]
    gain, curvature = jnp.sum(R - C), jnp.sum(R + P - 2 * C)
    xi = jnp.where(curvature > 0, gain / jnp.where(curvature > 0, curvature, 1.0), 0.0)
    best = (1 - xi) ** 2 * R + 2 * xi * (1 - xi) * C + xi**2 * P
    return Distillation(Risk(*R), Risk(*C), Risk(*P), xi, Risk(*best)), status
