"""The traces that risks are made of, at one ridge."""

from collections.abc import Sequence
from itertools import permutations
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory.equivalent.algebra import product, trace
from simulations.algebra import square
from simulations.draw import Constants, Draw
from simulations.rank import cancellation
from simulations.response import Response, metric


class Traces(NamedTuple):
    """With T_k = N_k X_k and M = S^T Sigma_test S, as in `Response`; L sources are drawn."""

    bias: Float[Array, ""]  # hidden signal and `floor` included
    gains: Float[Array, " L"]  # tr[M N_k N_k^T]
    agreed: Float[Array, " shifts"]  # tr[M T Delta_k T^T], T of source k, or of all rows as one source
    singles: Float[Array, " shifts"]  # sum_i [N^T M N]_ii x_i^T Delta_k x_i, of rows that are known
    crossed: Float[Array, ""]  # what correlations of the labelling vectors add to zeta
    rounding: Float[Array, ""]  # by how much rounding is amplified


def traces_of(
    response: Response, rows: Draw, constants: Constants, sizes: Sequence[Float[Array, " rows"]] = ()
) -> Traces:
    """Those of a response; `sizes` are x^T Delta_k x of every row."""
    M = metric(response.S, constants)
    error, terms = _bias(response, constants)
    bias, terms = with_hidden(error, terms, response.gains, rows, constants)
    maps = response.shifts or [response.fit] * (len(constants.shifts) - 1)
    crossed = jnp.zeros_like(bias)
    if constants.correlations is not None:
        crossed = _crossed(response, rows, constants)
    return Traces(
        bias=bias,
        gains=response.gains,
        agreed=stack([square(M, T, by) for T, by in zip(maps, constants.shifts[1:], strict=True)], bias),
        singles=stack([response.row_gains @ size for size in sizes], bias),
        crossed=crossed,
        rounding=lost(response.rounding, terms, bias, response.error is None, response.S is not None),
    )


def stack(numbers: list[Float[Array, ""]], like: Float[Array, ""]) -> Float[Array, " _"]:
    """Numbers as an array, of which there may be none."""
    return jnp.stack(numbers) if numbers else jnp.zeros(0, like.dtype)


def with_hidden(
    bias: Float[Array, ""],
    terms: Float[Array, ""],
    gains: Float[Array, " L"],
    rows: Draw,
    constants: Constants,
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """The bias with hidden signal and `floor`, and the size of the terms that it is left of."""
    bias += constants.floor
    for k, gain in enumerate(gains):
        bias += gain * rows.hidden(k, constants.signal, constants)
    if rows.means is not None and rows.rests is None:  # `hidden` subtracts
        visible = [trace(constants.signal, covariance) for covariance in constants.covariances]
        terms += jnp.sum(gains * jnp.stack(visible))
    return bias, terms


def lost(
    rounding: Float[Array, ""],
    terms: Float[Array, ""],
    bias: Float[Array, ""],
    subtracted: bool,
    narrow: bool,
) -> Float[Array, ""]:
    """By how much rounding is amplified in the end.

    Where the error S T - I is `subtracted`, and where, beside a `narrow` S, the bias is multiplied out.
    """
    if subtracted:
        rounding = rounding * jnp.maximum(1, jnp.sqrt(cancellation(terms, bias)))
    return jnp.maximum(rounding, cancellation(terms, bias)) if narrow else rounding


def _bias(response: Response, constants: Constants) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """tr[Sigma_test E Gamma E^T] of the error E = S sum_k T_k - I, and of the terms it is left of."""
    test, signal = constants.test_covariance, constants.signal
    S, T, truth = response.S, response.fit, trace(test, signal)
    if S is None:
        error = T - jnp.eye(len(T), dtype=T.dtype) if response.error is None else response.error
        return square(test, error, signal), truth
    # Multiplied out: S T is d x d, T only q x d.
    overlap = trace(product(test, S), product(T, signal).T)
    return truth - 2 * overlap + square(metric(S, constants), T, signal), truth


def _crossed(response: Response, rows: Draw, constants: Constants) -> Float[Array, ""]:
    """What correlations of the labelling vectors add to zeta."""
    assert constants.correlations is not None
    S = response.S
    decoded = [T if S is None else S @ T for T in (response.fit, *response.shifts)]
    error = decoded[0] - jnp.eye(len(decoded[0]), dtype=decoded[0].dtype)
    terms = [error if response.error is None else response.error, *decoded[1:]]
    total = jnp.zeros_like(constants.floor)
    for j, k in permutations(range(len(terms)), 2):
        cross = constants.correlations[j, k]
        total += trace(product(constants.test_covariance, terms[j]), product(terms[k], cross.T))
        if j == 0:
            total += 2 * response.gains[k] * rows.hidden(k, cross, constants)
    return total
