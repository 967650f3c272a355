"""What training makes of its labels: the linear map from labels to weights, for one draw of the data."""

from collections.abc import Callable
from itertools import accumulate
from typing import NamedTuple

import jax.numpy as jnp
from jax.scipy.linalg import solve_triangular
from jaxtyping import Array, Float

from collapse_theory.equivalent.algebra import Matrix, product
from collapse_theory.equivalent.whiten import whiten
from simulations.algebra import square
from simulations.draw import Constants, Draw, Plan
from simulations.rank import Decomposition, cancellation, decompose, inflation
from simulations.triangle import inverse_of_lower, square_of_lower, square_of_upper


class Response(NamedTuple):
    """Trained weights w_hat = S sum_k N_k (X_k w_k + noise), where T_k = N_k X_k.

    S is that of the draw where it is narrow (m < d).  Otherwise the maps lead to w_hat itself, as in
    the classical model: a wide S counts only through the penalty lambda w^T (S S^T)^-1 w.
    """

    S: Float[Array, "d q"] | None  # None: I
    gains: Float[Array, " K"]  # tr[M N_k N_k^T], M = S^T Sigma_test S
    row_gains: Float[Array, " rows"]  # the diagonal of N^T M N: what each row adds to them
    shifts: list[Float[Array, "q d"]]  # T_k of the synthetic sources
    fit: Float[Array, "q d"]  # sum_k T_k
    error: Float[Array, "d d"] | None  # S fit - I, where it is known without this subtraction
    rounding: Float[Array, ""]  # by how much rounding is amplified in the gains and T_k


Respond = Callable[[Float[Array, ""]], Response]


def narrow(draw: Draw, plan: Plan) -> Float[Array, "d q"] | None:
    """S where m < d: then weights are trained as v, otherwise as w_hat = S v or w_hat = v."""
    return None if plan.columns is None else draw.S


def metric(S: Float[Array, "d q"] | None, constants: Constants) -> Matrix:
    """The test covariance in the coordinates of v, w_hat = S v."""
    test = constants.test_covariance
    return test if S is None else S.T @ product(test, S)


def respond(draw: Draw, constants: Constants, plan: Plan, rank_revealing: bool = False) -> Respond:
    """The response of the minimiser, as a function of the ridge lambda, of

        sum_k (alpha_k / n) |Z_k v - y_k|^2 + lambda |v|^2,

    by the normal equations (primal) or, with fewer samples than features, in sample space (dual),
    where lambda = 0 gives the minimum-norm interpolator; or, whatever the rank, by singular values.
    """
    if rank_revealing:
        return _by_singular_values(draw, constants, plan)
    return (_primal if plan.primal else _dual)(draw, constants, plan)


def stacked(draw: Draw, constants: Constants) -> tuple[Float[Array, " K"], Float[Array, "rows q"]]:
    """sqrt(alpha_k / n), and the rows Z_k times it, one source below the other."""
    scales = jnp.sqrt(constants.weights / constants.counts.sum())
    return scales, jnp.concatenate([s * Zk for s, Zk in zip(scales, draw.features, strict=True)])


class NormalEquations(NamedTuple):
    """(sum_k (alpha_k / n) Z_k^T Z_k + lambda P) v = sum_k (alpha_k / n) Z_k^T y_k.

    In the coordinates of v where S is narrow (P = I), otherwise of w_hat itself: Z_k is X_k, and a wide
    S is in P = (S S^T)^-1.
    """

    S: Float[Array, "d q"] | None
    rows: list[Float[Array, "rows q"]]  # Z_k
    grams: list[Float[Array, "q q"]]  # (alpha_k / n) Z_k^T Z_k
    penalty: Float[Array, "q q"]
    unused: Float[Array, " q"]  # 1 for columns of S that are there for the shape
    inflation: Float[Array, ""]  # how much rounding is amplified so far

    def at(self, ridge: Float[Array, ""]) -> Float[Array, "q q"]:
        """The matrix on the left."""
        return sum(self.grams[1:], self.grams[0]) + ridge * self.penalty + jnp.diag(self.unused)


def normal_equations(draw: Draw, constants: Constants, plan: Plan) -> NormalEquations:
    """Those of one draw."""
    S = narrow(draw, plan)
    rows = draw.inputs if S is None else draw.features
    loss = constants.weights / constants.counts.sum()
    # Rows that stand for Gaussian ones are upper triangles: of z if it is drawn first, and of x where
    # Sigma is diagonal.  Others, as those of x S, are not.
    triangular = draw.means is not None or (S is None and constants.roots.ndim == 2)
    triangular = triangular and plan.counts is None
    grams = [
        a * (square_of_upper(Zk) if triangular else Zk.T @ Zk) for a, Zk in zip(loss, rows, strict=True)
    ]
    penalty, before = jnp.eye(len(grams[0]), dtype=plan.dtype), draw.inflation
    if S is None and draw.S is not None:
        triangle = inverse_of_lower(draw.S)
        penalty = square_of_lower(triangle)
        before = inflation(jnp.sum(draw.S**2, axis=1), triangle)
    unused = jnp.zeros(len(penalty), plan.dtype)
    if S is not None:
        unused = jnp.all(S == 0, axis=0).astype(plan.dtype)
    return NormalEquations(S, rows, grams, penalty, unused, before)


def _primal(draw: Draw, constants: Constants, plan: Plan) -> Respond:
    equations = normal_equations(draw, constants, plan)
    S, rows, grams, penalty, _, before = equations
    M = metric(S, constants)
    loss = constants.weights / constants.counts.sum()
    moments = grams if S is None else moments_of(draw, loss)

    def maps(R: Float[Array, "q q"], ridge: Float[Array, ""]) -> tuple[Array, Array | None]:
        """sum_k T_k, and the error where S = I."""
        if S is not None:
            return R @ sum(moments[1:], moments[0]), None
        error = -ridge * (R if draw.S is None else R @ penalty)
        return jnp.eye(len(error), dtype=plan.dtype) + error, error

    def response(ridge: Float[Array, ""]) -> Response:
        A = equations.at(ridge)
        triangle = whiten(A)
        R = square_of_lower(triangle)
        doubled = R @ product(M, R)
        gains = jnp.stack([jnp.sum(doubled * gram) for gram in grams])
        fit, error = maps(R, ridge)
        # Where only the ridge limits R, most of a gain's terms, of size R^2, cancel each other.  Entries
        # i, j are rounded as sqrt(D_ii D_jj), independently: in all as the sum over the diagonal.
        sizes = jnp.abs(jnp.diagonal(doubled))
        terms = jnp.stack([jnp.sum(sizes * jnp.diagonal(gram)) for gram in grams])
        rounding = jnp.maximum(inflation(A, triangle), jnp.max(cancellation(terms, gains)))
        return Response(
            S=S,
            gains=loss * gains,
            row_gains=jnp.concatenate(
                [a**2 * jnp.sum(Zk @ doubled * Zk, axis=1) for a, Zk in zip(loss, rows, strict=True)]
            ),
            shifts=[R @ moment for moment in moments[1:]],
            fit=fit,
            error=error,
            rounding=jnp.maximum(before, rounding),
        )

    return response


def moments_of(draw: Draw, loss: Float[Array, " K"]) -> list[Float[Array, "q d"]]:
    """(alpha_k / n) Z_k^T X_k."""
    products = [a * Z.T @ X for a, Z, X in zip(loss, draw.features, draw.inputs, strict=True)]
    return _of_means(draw, products)


def _of_means(draw: Draw, maps: list[Float[Array, "r _"]]) -> list[Float[Array, "r d"]]:
    """Maps of the inputs' coordinates as maps of x, of which these hold the mean."""
    if draw.means is None:
        return maps
    return [T @ W.T for T, W in zip(maps, draw.means, strict=True)]


def _dual(draw: Draw, constants: Constants, plan: Plan) -> Respond:
    S = narrow(draw, plan)
    M = metric(S, constants)
    scales, Z = stacked(draw, constants)
    decoded = Z.T if S is not None or draw.S is None else draw.S @ Z.T
    padding = jnp.all(Z == 0, axis=1).astype(plan.dtype)

    def response(ridge: Float[Array, ""]) -> Response:
        A = Z @ Z.T + jnp.diag(ridge + padding)
        triangle = whiten(A)
        N = _by_source((decoded @ triangle.T) @ triangle, scales, draw)
        T = _of_means(draw, [Nk @ X for Nk, X in zip(N, draw.inputs, strict=True)])
        return Response(
            S=S,
            gains=jnp.stack([square(M, Nk) for Nk in N]),
            row_gains=_row_gains(M, N),
            shifts=T[1:],
            fit=sum(T[1:], T[0]),
            error=None,
            rounding=jnp.maximum(draw.inflation, inflation(A, triangle)),
        )

    return response


def _row_gains(M: Matrix, N: list[Float[Array, "q _"]]) -> Float[Array, " rows"]:
    """The diagonal of N^T M N."""
    return jnp.concatenate([jnp.sum(product(M, Nk) * Nk, axis=0) for Nk in N])


def _by_source(
    N: Float[Array, "q rows"], scales: Float[Array, " K"], draw: Draw
) -> list[Float[Array, "q _"]]:
    """The columns N_k of each source, for rows that are not yet scaled."""
    ends = list(accumulate(len(Z) for Z in draw.features))[:-1]
    return [s * Nk for s, Nk in zip(scales, jnp.split(N, ends, axis=1), strict=True)]


def _by_singular_values(draw: Draw, constants: Constants, plan: Plan) -> Respond:
    decomposition, response = by_singular_values(draw, constants, plan)
    return lambda ridge: response(decomposition.gains(ridge), decomposition.losses(ridge))


def by_singular_values(
    draw: Draw, constants: Constants, plan: Plan
) -> tuple[Decomposition, Callable[[Float[Array, " q"], Float[Array, " q"]], Response]]:
    """Any fit that acts on singular values: what its gains and losses of each make of the labels.

    Z = U s V^T, so that N = V gains U^T (ridge regression has the gains s / (s^2 + lambda)), and the
    losses are 1 - s gains; all of it decoded, w_hat = S V ...
    """
    scales, Z = stacked(draw, constants)
    decomposition = decompose(Z, sum(plan.counts or ()))
    U, _, V = decomposition
    decoded = V if draw.S is None else draw.S @ V

    def error(losses: Float[Array, " q"], fit: Float[Array, "d d"]) -> Float[Array, "d d"]:
        if narrow(draw, plan) is not None:
            return fit - jnp.eye(len(fit), dtype=plan.dtype)
        # Without that subtraction, as x is known from z: E = -S V losses V^T S^-1.
        coordinates = V if draw.S is None else solve_triangular(draw.S, V, trans=1, lower=True)
        return -(decoded * losses[None]) @ coordinates.T

    def response(gains: Float[Array, " q"], losses: Float[Array, " q"]) -> Response:
        N = _by_source((decoded * gains[None]) @ U.T, scales, draw)
        T = _of_means(draw, [Nk @ X for Nk, X in zip(N, draw.inputs, strict=True)])
        fit = sum(T[1:], T[0])
        return Response(
            S=None,
            gains=jnp.stack([square(constants.test_covariance, Nk) for Nk in N]),
            row_gains=_row_gains(constants.test_covariance, N),
            shifts=T[1:],
            fit=fit,
            error=error(losses, fit),
            rounding=jnp.ones_like(constants.floor),
        )

    return decomposition, response
