"""The test error of a `Problem` in closed form: bias, variance and zeta."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory.equivalent import (
    Equivalent,
    ErrorSystem,
    Groups,
    Status,
    alike,
    solve,
    solved,
    stack,
)
from collapse_theory.problem import Problem
from collapse_theory.risk import Risk


def predict(problem: Problem) -> Risk:
    """The excess test error in the proportionate limit, split as bias + variance + zeta.

    The general form of the paper's Theorems 1 and 2: any number of sources, any covariances,
    weights, noises and width, any test covariance.  O(d) where covariances are eigenvalues, O(d^3)
    where they are matrices.  `ridge=0` is the exact limit; at the interpolation threshold it is
    +inf.  Differentiable in every continuous field.  The relative gap to a finite simulation is
    O(1/d).

    Eigenvalues of a matrix below d eps times its largest are rounding, and count as 0: a singular
    covariance may be given as a matrix, with any ridge.

    Raises SolveError, which names the cause, when the equations could not be solved: so far only for
    ridge = 0, for sources of different ranges, one of which interpolates while another has more samples
    than its rank, and for projections of at least that width tested on features that no source has (a
    tiny ridge gives these limits).  Inside `jit` or `vmap` nothing can be raised: there
    the risk is NaN, and `diagnose(problem).status` tells why.
    """
    return solved(*predict_with_status(problem, alike(problem)))


@eqx.filter_jit
def predict_with_status(problem: Problem, groups: Groups | None = None) -> tuple[Risk, Status]:
    """`predict` without its guard: no number where `status.converged` is False is one to use.

    `groups` of sources, from `alike`, make the equations fewer, and change nothing else.
    """
    equivalent = solve(stack(problem), groups)
    return excess_risk(equivalent), equivalent.status


def excess_risk(equivalent: Equivalent) -> Risk:
    """Risk on the test covariance by the solved equations."""
    errors = ErrorSystem(equivalent)
    return Risk(*errors.risk(forcing_of(errors)))


def forcing_of(errors: ErrorSystem) -> Float[Array, "listeners parts"]:
    """What forces the errors of all sources and of the test set: bias, variance and zeta apart."""
    model = errors.model
    forcing = [
        errors.misfits(model.signal_moments),
        jnp.append(model.noises, 0.0),
        errors.misfits(model.shift_moments),
    ]
    return jnp.stack(forcing, axis=-1)
