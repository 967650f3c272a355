"""Trained weights as linear maps of their labels, and the parts of a risk from them.

Everything is literal: features, a fit, and what becomes of a signal, a shift or noise in it.
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from collapse_theory import Problem
from collapse_theory.equivalent.whiten import whiten
from simulations.algebra import square
from simulations.draw import Constants, Plan, draw
from simulations.plan import plan_simulation
from simulations.rank import decompose, inflation

# The parts of the risk of one draw, and by how much they amplify rounding.
OneRisk = tuple[Float[Array, " parts"], Float[Array, ""]]


class Part(NamedTuple):
    """How the data of one model are drawn: what is fixed before compilation."""

    plan: Plan
    counts: tuple[int, ...]
    rows: int  # samples in all


class Data(NamedTuple):
    """Rows that stand for the inputs of every source, and a projection."""

    inputs: list[Float[Array, "_ d"]]
    S: Float[Array, "d q"] | None


def planned(problem: Problem, counts: tuple[int, ...]) -> Part:
    """The plan of a model trained on counts_k samples of source k, its inputs drawn in full."""
    plan, constants = plan_simulation(problem, "gaussian", jnp.dtype(float))
    d = constants.covariances.shape[-1]
    # A narrow S without the empty columns that `simulate` pads it with: they make a singular system.
    if plan.columns is not None and constants.width is not None:
        plan = plan._replace(columns=int(constants.width))
    rows = tuple(min(count, d) for count in counts)
    return Part(plan._replace(rows=rows, condition=False), counts, sum(counts))


def drawn(key: Key[Array, ""], part: Part, constants: Constants) -> Data:
    """Fresh data and a fresh S, with the law of counts_k rows of source k."""
    counts = jnp.asarray(part.counts, constants.counts.dtype)
    sample = draw(key, part.plan, constants._replace(counts=counts))
    return Data(sample.inputs, sample.S)


def fitted(
    data: Data, part: Part, constants: Constants, ridge: Array, rank_revealing: bool
) -> tuple[list[Float[Array, "d _"]], Float[Array, ""]]:
    """N_k with w_hat = sum_k N_k y_k: S argmin sum_k (alpha_k / n) |y_k - X_k S v|^2 + ridge |v|^2.

    And by how much the fit amplifies rounding.  `rank_revealing`: by singular values, so that without
    a ridge v is of least norm.
    """
    d = constants.covariances.shape[-1]
    if part.rows == 0:
        return [jnp.zeros((d, 0)) for _ in data.inputs], jnp.ones(())
    scales = jnp.sqrt(constants.weights / part.rows)
    features = [X if data.S is None else X @ data.S for X in data.inputs]
    Z = jnp.concatenate([scale * z for scale, z in zip(scales, features, strict=True)])
    if rank_revealing:
        decomposition = decompose(Z, part.rows)
        v = (decomposition.V * decomposition.gains(ridge)[None]) @ decomposition.U.T
        rounding = jnp.ones(())
    else:
        A = Z.T @ Z + ridge * jnp.eye(Z.shape[1])
        triangle = whiten(A)
        v = triangle.T @ (triangle @ Z.T)
        rounding = inflation(A, triangle)
    N = v if data.S is None else data.S @ v
    maps, start = [], 0
    for scale, X in zip(scales, data.inputs, strict=True):
        maps.append(scale * N[:, start : start + len(X)])
        start += len(X)
    return maps, rounding


def parts_of_risk(
    clean: list[Float[Array, "d d"]], noisy: list[list[Float[Array, "d _"]]], constants: Constants
) -> Float[Array, " 3"]:
    """(bias, variance, zeta), averaged over signal, shifts and label noise given the features.

    `clean[k]` takes w_k to weights, `noisy[k]` are the maps that take the noise of source k there.
    """
    test = constants.test_covariance
    error = sum(clean) - jnp.eye(len(clean[0]))
    bias = square(test, error, constants.signal) + constants.floor
    variance = jnp.array(0.0)
    for noise, maps in zip(constants.noises, noisy, strict=True):
        variance += noise * sum((square(test, N) for N in maps), jnp.array(0.0))
    if constants.correlations is None:
        pairs = zip(clean[1:], constants.shifts[1:], strict=True)
        zeta = sum((square(test, T, shift) for T, shift in pairs), jnp.array(0.0))
        return jnp.stack([bias, variance, zeta])
    zeta, responses = jnp.array(0.0), [error, *clean[1:]]
    for j, left in enumerate(responses):
        for k, right in enumerate(responses):
            if j or k:
                zeta += _product(test, left, constants.correlations[j, k], right)
    return jnp.stack([bias, variance, zeta])


def _product(outer: Any, left: Array, moment: Array, right: Array) -> Array:
    """tr[outer left moment right^T], where outer and moment may be diagonals."""
    weighted = outer[:, None] * left if outer.ndim == 1 else outer @ left
    return jnp.sum((weighted * moment[None] if moment.ndim == 1 else weighted @ moment) * right)
