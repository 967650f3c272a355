"""The exact population risk of ridge regression trained on one draw."""

from collections.abc import Callable, Sequence
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from collapse_theory.equivalent.algebra import Matrix
from collapse_theory.equivalent.whiten import whiten
from simulations.algebra import form
from simulations.draw import Constants, Draw, Plan, draw
from simulations.rank import cancellation, decompose, inflation
from simulations.response import normal_equations, respond, stacked
from simulations.several import several
from simulations.traces import Traces, traces_of

# Parts of the risk at every ridge, and by how much they amplify rounding.
Measured = tuple[Float[Array, "parts R"], Float[Array, " R"]]


def averaged(
    key: Key[Array, ""], plan: Plan, constants: Constants, rank_revealing: bool = False
) -> Measured:
    """(bias, variance, zeta) given the features, averaged over signal, shifts and label noise.

    Trained weights are linear in the labels, w_hat = S sum_k N_k y_k (S = I in the classical model), so
    the average is a sum of traces: with T_k = N_k X_k and M = S^T Sigma_test S,

        bias     = tr[Sigma_test (S sum_k T_k - I) Gamma (S sum_k T_k - I)^T],
        variance = sum_k sigma_k^2 tr[M N_k N_k^T],
        zeta     = sum_k tr[M T_k Delta_k T_k^T]  (and cross terms where shifts are correlated),

    and where features see only part of x, the signal and the shift in the rest of it are noise too.
    """
    rows = draw(key, plan, constants, rank_revealing)

    risk = partial(risk_of, rows=rows, constants=constants)
    return at_every_ridge(risk, rows, constants, plan, rank_revealing)


def risk_of(
    traces: Traces, rows: Draw, constants: Constants
) -> tuple[Float[Array, " 3"], Float[Array, ""]]:
    """(bias, variance, zeta), and by how much rounding is amplified in them."""
    variance = jnp.sum(constants.noises * traces.gains)
    zeta = jnp.sum(traces.agreed) + traces.crossed
    for k, shift in enumerate(constants.shifts[1:], start=1):
        zeta += traces.gains[k] * rows.hidden(k, shift, constants)
    return jnp.stack([traces.bias, variance, zeta]), traces.rounding


def at_every_ridge(
    measure: Callable[[Traces], tuple[Float[Array, " parts"], Float[Array, ""]]],
    rows: Draw,
    constants: Constants,
    plan: Plan,
    rank_revealing: bool,
    sizes: Sequence[Float[Array, " rows"]] = (),
) -> Measured:
    """What `measure` makes of the traces at each ridge; `sizes` are x^T Delta_k x of every row."""
    ridges = constants.ridges
    shared = 0 if rank_revealing else plan.shared
    single = ridges[: len(ridges) - shared]
    # One after another: the program, and its memory, do not grow with the number of ridges.
    pieces = []
    if len(single):
        response = respond(rows, constants, plan, rank_revealing)
        pieces.append(
            jax.lax.map(
                lambda ridge: measure(traces_of(response(ridge), rows, constants, sizes)), single
            )
        )
    if shared:
        traces = several(rows, constants, plan, sizes)
        pieces.append(jax.lax.map(lambda ridge: measure(traces(ridge)), ridges[len(single) :]))
    risks, rounding = (jnp.concatenate(arrays) for arrays in zip(*pieces, strict=True))
    return risks.T, rounding


def trained(
    key: Key[Array, ""], plan: Plan, constants: Constants, rank_revealing: bool = False
) -> Measured:
    """(total,) for one draw of everything: features, signal, shifts and label noise; one model."""
    features_key, vectors_key, *keys = jax.random.split(key, 2 + len(plan.rows))
    rows = draw(features_key, plan, constants, rank_revealing)
    vectors = labelling_vectors(vectors_key, constants)
    labels = []
    for k, (X, w) in enumerate(zip(rows.inputs, vectors, strict=True)):
        clean = w if rows.means is None else rows.means[k].T @ w
        noise = constants.noises[k] + _hidden(rows, k, w, clean, constants)
        normals = jax.random.normal(keys[k], X.shape[:1], plan.dtype)
        labels.append(X @ clean + jnp.sqrt(jnp.maximum(noise, 0)) * normals)
    truth = form(constants.test_covariance, vectors[0])
    fitted = (_of_least_norm if rank_revealing else _primal if plan.primal else _dual)(
        rows, labels, constants, plan
    )

    def risk(ridge: Float[Array, ""]) -> tuple[Float[Array, ""], Float[Array, ""]]:
        w_hat, rounding = fitted(ridge)
        error = w_hat - vectors[0]
        excess = form(constants.test_covariance, error) + constants.floor
        terms = cancellation(truth, excess)
        rounding = jnp.maximum(rounding, rows.inflation) * jnp.maximum(1, jnp.sqrt(terms))
        return excess, rounding if rows.means is None else jnp.maximum(rounding, terms)

    risks, rounding = jax.lax.map(risk, constants.ridges)
    return risks[None], rounding


def _hidden(
    rows: Draw, k: int, w: Float[Array, " d"], clean: Float[Array, " _"], constants: Constants
) -> Float[Array, ""]:
    """Variance of x.w given z, for one vector w of which z sees `clean` = W_k^T w."""
    if rows.means is None:
        return jnp.zeros_like(constants.floor)
    if rows.rests is not None:
        return jnp.sum((rows.rests[k].T @ w) ** 2)
    return form(constants.covariances[k], w) - jnp.sum(clean**2)


Fitted = Callable[[Float[Array, ""]], tuple[Float[Array, " d"], Float[Array, ""]]]
Labels = list[Float[Array, " _"]]


def _primal(rows: Draw, labels: Labels, constants: Constants, plan: Plan) -> Fitted:
    """w_hat = S argmin sum_k (alpha_k / n) |Z_k v - y_k|^2 + ridge |v|^2, and its rounding."""
    equations = normal_equations(rows, constants, plan)
    S, loss = equations.S, constants.weights / constants.counts.sum()
    moments = [a * Zk.T @ yk for a, Zk, yk in zip(loss, equations.rows, labels, strict=True)]
    moment = sum(moments[1:], moments[0])

    def fitted(ridge: Float[Array, ""]) -> tuple[Float[Array, " d"], Float[Array, ""]]:
        A = equations.at(ridge)
        triangle = whiten(A)
        v = triangle.T @ (triangle @ moment)
        return v if S is None else S @ v, jnp.maximum(equations.inflation, inflation(A, triangle))

    return fitted


def _dual(rows: Draw, labels: Labels, constants: Constants, plan: Plan) -> Fitted:
    """The same in sample space."""
    Z, y = _weighted(rows, labels, constants)
    padding = jnp.all(Z == 0, axis=1).astype(Z.dtype)
    gram = Z @ Z.T

    def fitted(ridge: Float[Array, ""]) -> tuple[Float[Array, " d"], Float[Array, ""]]:
        A = gram + jnp.diag(ridge + padding)
        triangle = whiten(A)
        v = Z.T @ (triangle.T @ (triangle @ y))
        return v if rows.S is None else rows.S @ v, inflation(A, triangle)

    return fitted


def _of_least_norm(rows: Draw, labels: Labels, constants: Constants, plan: Plan) -> Fitted:
    """The same by singular values: v of least norm without a ridge, whatever the rank of Z."""
    Z, y = _weighted(rows, labels, constants)
    decomposition = decompose(Z, sum(plan.counts or ()))
    U, _, V = decomposition

    def fitted(ridge: Float[Array, ""]) -> tuple[Float[Array, " d"], Float[Array, ""]]:
        v = V @ (decomposition.gains(ridge) * (U.T @ y))
        return v if rows.S is None else rows.S @ v, jnp.ones_like(ridge)

    return fitted


def _weighted(
    rows: Draw, labels: Labels, constants: Constants
) -> tuple[Float[Array, "rows q"], Float[Array, " rows"]]:
    """Z and y of all sources, times sqrt(alpha_k / n)."""
    scales, Z = stacked(rows, constants)
    return Z, jnp.concatenate([s * yk for s, yk in zip(scales, labels, strict=True)])


def labelling_vectors(key: Key[Array, ""], constants: Constants) -> list[Float[Array, " d"]]:
    """One draw of w_1 and of every w_k = w_1 + delta_k."""
    K, d = len(constants.shifts), constants.shifts.shape[-1]
    if constants.correlations is None:
        keys = jax.random.split(key, K)
        moments = [constants.signal, *constants.shifts[1:]]
        vectors = [
            _gaussian(vector_key, moment) for vector_key, moment in zip(keys, moments, strict=True)
        ]
    elif constants.correlations.ndim == 3:  # coordinates are independent of each other
        keys = jax.random.split(key, d)
        vectors = list(jax.vmap(_gaussian)(keys, constants.correlations.transpose(2, 0, 1)).T)
    else:
        joint = constants.correlations.transpose(0, 2, 1, 3).reshape(K * d, K * d)
        vectors = list(_gaussian(key, joint).reshape(K, d))
    return [vectors[0], *(vectors[0] + shift for shift in vectors[1:])]


def _gaussian(key: Key[Array, ""], covariance: Matrix) -> Float[Array, " d"]:
    """One draw of N(0, covariance)."""
    normals = jax.random.normal(key, covariance.shape[:1], covariance.dtype)
    if covariance.ndim == 1:
        return jnp.sqrt(covariance) * normals
    eigenvalues, basis = jnp.linalg.eigh(covariance)
    return basis @ (jnp.sqrt(jnp.maximum(eigenvalues, 0)) * normals)
