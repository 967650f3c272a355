"""One draw of the training data, in the coordinates the model trains in."""

from itertools import accumulate
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from collapse_theory.equivalent.algebra import Matrix, product, trace
from collapse_theory.equivalent.whiten import whiten
from simulations.algebra import square
from simulations.features import Entries, bartlett, compress
from simulations.normal import normals
from simulations.rank import inflation


class Plan(NamedTuple):
    """What is fixed before compilation: shapes and branches."""

    counts: tuple[int, ...] | None  # n_k where rows are drawn one by one; None for Gaussian features
    rows: tuple[int, ...]  # rows that stand for each source
    columns: int | None  # of S where m < d, at least m; None for m >= d and the classical model
    primal: bool  # solve in feature space (else in sample space)
    alike: bool  # all sources have one covariance
    condition: bool  # draw z first and treat what it cannot see as noise
    shared: int  # of the ridges, the largest, that one eigendecomposition serves (`several`)
    entries: Entries  # how rows are drawn if they are; standard normal for Gaussian features
    dtype: Any


class Constants(NamedTuple):
    """The arrays of the problem; `*matrix` is d or d, d as in `collapse_theory.equivalent`.

    L sources are drawn: K, or one that stands for all of them.
    """

    counts: Float[Array, " L"]
    weights: Float[Array, " L"]
    noises: Float[Array, " K"]
    covariances: Float[Array, "L *matrix"]
    roots: Float[Array, "L *matrix"]  # root root^T = covariance
    shifts: Float[Array, "K *matrix"]
    signal: Float[Array, " *matrix"]
    correlations: Float[Array, "K K *matrix"] | None  # of w_1 and the shifts, where they are correlated
    test_covariance: Float[Array, " *matrix"]
    ridges: Float[Array, " R"]  # one draw serves them all
    width: Float[Array, ""] | None
    scale: Float[Array, ""]  # variance 1/d of the entries of S, d counting unused directions too
    floor: Float[Array, ""]  # risk in directions that no training feature has
    pool: Float[Array, "N d"] | None  # a user's rows to draw from


class Draw(NamedTuple):
    """Compressed rows: source k has labels y = X_k w_k + noise and features Z_k.

    X_k is `inputs[k]`, or, where features z are drawn first, `inputs[k]` W_k^T with W_k = `means[k]`:
    the mean of the rows given z.  Then the noise is, besides sigma_k^2, the part of x.w_k that z
    cannot see, of variance w_k^T (Sigma_k - W_k W_k^T) w_k.
    """

    features: list[Float[Array, "rows q"]]
    inputs: list[Float[Array, "rows _"]]
    S: Float[Array, "d q"] | None  # w_hat = S v; None for the classical model, where w_hat = v
    means: Float[Array, "K d q"] | None
    rests: Float[Array, "K d d"] | None  # B_k B_k^T = Sigma_k - W_k W_k^T, where rank is revealed
    inflation: Float[Array, ""]  # how much the draw itself has amplified rounding

    def hidden(self, k: int, second_moment: Matrix, constants: Constants) -> Float[Array, ""]:
        """tr[M (Sigma_k - W_k W_k^T)]: the noise that signals of second moment M, hidden to z, make."""
        if self.means is None:
            return jnp.zeros_like(constants.floor)
        if self.rests is not None:
            return square(second_moment, self.rests[k])
        return trace(second_moment, constants.covariances[k]) - square(second_moment, self.means[k])


def draw(key: Key[Array, ""], plan: Plan, constants: Constants, rank_revealing: bool = False) -> Draw:
    """Training data with the law of n_k rows per source, at a cost that does not grow with n_k.

    Three reductions, none of them an approximation:
    - n Gaussian rows enter least squares through their Gram matrix, a Wishart matrix: `bartlett`;
    - S enters through S S^T, so m >= d columns are replaced by a d x d triangle;
    - for m < d, x given z = S^T x is Gaussian with mean linear in z and the rest independent of z:
      features are drawn in m dimensions, and the rest acts as more label noise.

    `rank_revealing`: the same draw without a Gram matrix on the way, whatever the condition of S^T
    Sigma S.
    """
    rows_key, projection_key = jax.random.split(key)
    S = _projection(projection_key, plan, constants)
    if S is not None and plan.condition:
        return _conditioned(rows_key, plan, constants, S, rank_revealing)
    rows = _rows(rows_key, plan, constants)
    features = [X if S is None else X @ S for X in rows]
    return Draw(features, rows, S, None, None, jnp.ones_like(constants.floor))


def _projection(key: Key[Array, ""], plan: Plan, constants: Constants) -> Float[Array, "d q"] | None:
    d = constants.covariances.shape[-1]
    if constants.width is None:
        return None
    if plan.columns is None:
        S = bartlett(key, constants.width[None], (d,), d, plan.dtype).T
    else:
        S = normals(key, (d, plan.columns), plan.dtype)
        S = S * _used(plan.columns, constants)[None].astype(plan.dtype)
    return S * jnp.sqrt(constants.scale)


def _used(columns: int, constants: Constants) -> Bool[Array, " columns"]:
    """Which columns of a narrow S there are; the others, 0, are there for the shape."""
    assert constants.width is not None
    return jnp.arange(columns, dtype=constants.width.dtype) < constants.width


def _rows(key: Key[Array, ""], plan: Plan, constants: Constants) -> list[Float[Array, "rows d"]]:
    """Rows that stand for each source's inputs: Gaussian ones drawn compressed, others after."""
    d = constants.covariances.shape[-1]
    if plan.counts is None:
        stacked = bartlett(key, constants.counts, plan.rows, d, plan.dtype)
        factors = jnp.split(stacked, list(accumulate(plan.rows))[:-1])
        return [product(F, root.T) for F, root in zip(factors, constants.roots, strict=True)]
    inputs = []
    sizes = zip(plan.counts, plan.rows, constants.roots, strict=True)
    for k, (count, rows, root) in enumerate(sizes):
        source_key = jax.random.fold_in(key, k)
        if constants.pool is not None:
            X = constants.pool[jax.random.randint(source_key, (count,), 0, len(constants.pool))]
        else:
            X = product(
                jnp.asarray(plan.entries(source_key, (count, d), plan.dtype), plan.dtype), root.T
            )
        inputs.append(X if rows == count else compress(X))
    return inputs


def _conditioned(
    key: Key[Array, ""],
    plan: Plan,
    constants: Constants,
    S: Float[Array, "d q"],
    rank_revealing: bool,
) -> Draw:
    """Gaussian features drawn directly, z ~ N(0, L L^T), and the mean W L^-1 z of the inputs x."""
    used = _used(S.shape[1], constants).astype(plan.dtype)
    K = len(constants.roots)
    law = _orthogonalised if rank_revealing else _whitened
    laws = [law(root, S, used) for root in constants.roots[: 1 if plan.alike else K]]
    triangles, means, rests, inflations = zip(*(laws * K)[:K], strict=True)
    stacked = bartlett(key, constants.counts, plan.rows, S.shape[1], plan.dtype) * used[None]
    factors = jnp.split(stacked, list(accumulate(plan.rows))[:-1])
    features = [F @ L.T for F, L in zip(factors, triangles, strict=True)]
    rest = jnp.stack(rests) if rank_revealing else None
    return Draw(features, factors, S, jnp.stack(means), rest, jnp.max(jnp.stack(inflations)))


Law = tuple[Array, Array, Array | None, Array]  # L, W = Sigma S L^-T, B, and amplified rounding


def _whitened(root: Matrix, S: Float[Array, "d q"], used: Float[Array, " q"]) -> Law:
    """L by a Cholesky factor of S^T Sigma S."""
    covariance_S = product(root, product(root.T, S))
    covariance = S.T @ covariance_S + jnp.diag(1 - used)
    whitening = whiten(covariance)
    W = covariance_S @ whitening.T
    return covariance @ whitening.T, W, None, inflation(covariance, whitening)


def _orthogonalised(root: Matrix, S: Float[Array, "d q"], used: Float[Array, " q"]) -> Law:
    """The same L, W = root Q and the rest B = root (I - Q Q^T), by root^T S = Q L^T."""
    Q, R = jnp.linalg.qr(product(root.T, S))
    # The signs of a Cholesky factor, so that the draw is the same.
    signs = jnp.where(jnp.diagonal(R) < 0, -1, 1).astype(S.dtype) * used
    Q = Q * signs[None]
    W = product(root, Q)
    B = product(root, jnp.eye(len(S), dtype=S.dtype) - Q @ Q.T)
    return (R * signs[:, None]).T, W, B, jnp.ones((), S.dtype)
