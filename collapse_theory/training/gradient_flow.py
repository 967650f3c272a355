"""Early stopping: gradient flow on the training loss, stopped at a time."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.equivalent import Groups, Status, alike, solved, stack
from collapse_theory.problem import Problem
from collapse_theory.risk import Risk
from collapse_theory.training.filters import SpectralFilter
from collapse_theory.training.spectral_filter import filtered_with_status


def gradient_flow(problem: Problem, times: checks.Matrix, *, averaged: bool = False) -> Risk:
    """The excess test error of gradient flow stopped at each of several times, of the shape of `times`.

        dv/dt = -(1/2) d/dv sum_k (alpha_k / n) |Z_k v - y_k|^2,    v = 0 at t = 0,    w_hat = S v,

    so that what is left of a direction of eigenvalue x is exp(-t x): the `SpectralFilter.flow`, a sum
    of ridge fits at complex ridges around 1/t (ours; two-point equivalents, any sources, covariances,
    weights and width).  As t grows it tends to `predict` at ridge 0.

    - `problem`: its `ridge` plays no part;
    - `times`: t >= 0, in units of 1 / eigenvalue; 0 leaves w_hat = 0;
    - `averaged`: of the mean of v over times from 0 to t, in place of v at t.

    The best time is `best(lambda time: (problem, SpectralFilter.flow(time)), time=(0.1, 1e4))`.  Raises
    ValueError for times out of range, SolveError as `spectral_filter`.
    """
    moments = _times(times)
    risk, status = _stopped(problem, moments.ravel(), bool(averaged), alike(problem))
    return jax.tree.map(lambda part: part.reshape(moments.shape), solved(risk, status))


@eqx.filter_jit
def _stopped(
    problem: Problem, times: Float[Array, " T"], averaged: bool, groups: Groups | None
) -> tuple[Risk, Status]:
    model = stack(problem)
    nothing = Risk(model.trace(model.test_covariance, model.signal), jnp.zeros(()), jnp.zeros(()))

    def at(time: Float[Array, ""]) -> tuple[Risk, Status]:
        running = jnp.where(time > 0, time, 1.0)
        risk, status = filtered_with_status(problem, SpectralFilter.flow(running, averaged), groups)
        return jax.tree.map(lambda part, none: jnp.where(time > 0, part, none), risk, nothing), status

    risks, statuses = jax.vmap(at)(times)
    return risks, Status.worst(statuses)


def _times(times: object) -> Float[Array, "..."]:
    expected = "numbers >= 0, finite: predict at ridge 0 is the limit of long times"

    def in_range(array: np.ndarray) -> None:
        if (array < 0).any():
            raise checks.fail("times", array, expected)

    return checks.floating("times", times, tuple(range(9)), expected, in_range)
