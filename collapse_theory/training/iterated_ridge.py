"""Iterated ridge: every round fits what the last one has left."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Complex

from collapse_theory import checks
from collapse_theory.equivalent import Groups, Status, alike, solved
from collapse_theory.problem import Problem
from collapse_theory.risk import Risk
from collapse_theory.training.filters import SpectralFilter, whole_number
from collapse_theory.training.spectral_filter import filtered_with_status


def iterated_ridge(problem: Problem, rounds: checks.Whole) -> Risk:
    """The excess test error after each of several ridge fits, each around the last, shape (rounds,).

        v_t = argmin  sum_k (alpha_k / n) |Z_k v - y_k|^2 + lambda |v - v_(t-1)|^2,      v_0 = 0,

    so that (lambda / (x + lambda))^t is left of a direction of eigenvalue x: round 1 is `predict`, and
    t rounds act as gradient flow does up to time t / lambda (iterated Tikhonov regularisation; the
    errors are ours, by two-point equivalents).

    Raises ValueError unless `rounds` is a whole number >= 1 and the ridge is positive; SolveError as
    `spectral_filter`.
    """
    count = whole_number("rounds", rounds, least=1)
    checks.number("ridge", problem.ridge, above=0)
    return solved(*_after(problem, count, alike(problem)))


@eqx.filter_jit
def _after(problem: Problem, rounds: int, groups: Groups | None) -> tuple[Risk, Status]:

    def residuals(u: Complex[Array, " Q"]) -> Complex[Array, "rounds Q"]:
        return jnp.cumprod(jnp.broadcast_to(u, (rounds, len(u))), axis=0)

    filters = SpectralFilter.around(problem.ridge, residuals, rounds)
    return filtered_with_status(problem, filters, groups)
