"""One draw of the training data, in the coordinates the model trains in."""

from itertools import accumulate
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from simulations.features import Entries, bartlett, colour, compress
from simulations.whiten import whiten


class Plan(NamedTuple):
    """What is fixed before compilation: shapes and branches."""

    counts: tuple[int, ...] | None  # n_k where rows are drawn one by one; None for Gaussian features
    rows: tuple[int, ...]  # rows that stand for each source
    width: int | None  # columns of S, at least min(m, d); None for the classical model
    narrow: bool  # m < d
    primal: bool  # solve in feature space (else in sample space)
    alike: bool  # all sources have one covariance
    condition: bool  # draw z first and treat what it cannot see as noise
    entries: Entries  # how rows are drawn if they are; standard normal for Gaussian features
    dtype: Any


class Constants(NamedTuple):
    """The arrays of the problem; `*matrix` is d or d, d as in `collapse_theory.equivalent`."""

    counts: Float[Array, " K"]
    weights: Float[Array, " K"]
    noises: Float[Array, " K"]
    covariances: Float[Array, "K *matrix"]
    roots: Float[Array, "K *matrix"]  # root root^T = covariance
    shifts: Float[Array, "K *matrix"]
    signal: Float[Array, " *matrix"]
    correlations: Float[Array, "K K *matrix"] | None  # of w_1 and the shifts, where they are correlated
    test_covariance: Float[Array, " *matrix"]
    ridges: Float[Array, " R"]  # one draw serves them all
    width: Float[Array, ""] | None
    scale: Float[Array, ""]  # variance 1/d of the entries of S, d counting unseen directions too
    floor: Float[Array, ""]  # risk in directions that no training feature has
    pool: Float[Array, "N d"] | None  # a user's rows to draw from


class Training(NamedTuple):
    """Compressed rows: source k has labels y = X_k w_k + noise and features Z_k.

    X_k is `inputs[k]`, or, where features z are drawn first, `inputs[k]` W_k^T with W_k = `seen[k]`:
    the mean of the rows given z.  Then the noise is, besides sigma_k^2, the part of x.w_k that z
    cannot see, of variance w_k^T (Sigma_k - W_k W_k^T) w_k.
    """

    features: list[Float[Array, "rows q"]]
    inputs: list[Float[Array, "rows _"]]
    seen: Float[Array, "K d q"] | None
    decoder: Float[Array, "d q"] | None  # S; None for the classical model, where z = x
    narrow: Float[Array, "d q"] | None  # S if m < d


def draw(key: Key[Array, ""], plan: Plan, constants: Constants) -> Training:
    """Training data with the law of n_k rows per source, at a cost that does not grow with n_k.

    Three reductions, none of them an approximation:
    - n Gaussian rows enter least squares through their Gram matrix, a Wishart matrix: `bartlett`;
    - S enters through S S^T, so m >= d columns are replaced by a d x d triangle;
    - for m < d, x given z = S^T x is Gaussian with mean linear in z and the rest independent of z:
      features are drawn in m dimensions, and the rest acts as more label noise.
    """
    rows_key, projection_key = jax.random.split(key)
    S = _projection(projection_key, plan, constants)
    if S is not None and plan.condition:
        return _conditioned(rows_key, plan, constants, S)
    rows = _rows(rows_key, plan, constants)
    features = [X if S is None else X @ S for X in rows]
    return Training(features, rows, None, S, S if plan.narrow else None)


def _projection(key: Key[Array, ""], plan: Plan, constants: Constants) -> Float[Array, "d q"] | None:
    d = constants.covariances.shape[-1]
    if plan.width is None or constants.width is None:
        return None
    if plan.narrow:
        S = jax.random.normal(key, (d, plan.width), plan.dtype) * _used(plan.width, constants)[None]
    else:
        S = bartlett(key, constants.width[None], (d,), d, plan.dtype).T
    return S * jnp.sqrt(constants.scale)


def _used(columns: int, constants: Constants) -> Bool[Array, " columns"]:
    """Which columns of a narrow S there are; the others, 0, are there for the shape."""
    assert constants.width is not None
    return jnp.arange(columns) < constants.width


def _rows(key: Key[Array, ""], plan: Plan, constants: Constants) -> list[Float[Array, "rows d"]]:
    """Rows that stand for each source's inputs: Gaussian ones drawn compressed, others after."""
    d = constants.covariances.shape[-1]
    if plan.counts is None:
        stacked = bartlett(key, constants.counts, plan.rows, d, plan.dtype)
        factors = jnp.split(stacked, list(accumulate(plan.rows))[:-1])
        return [colour(F, root) for F, root in zip(factors, constants.roots, strict=True)]
    inputs = []
    for k, (count, root) in enumerate(zip(plan.counts, constants.roots, strict=True)):
        own = jax.random.fold_in(key, k)
        if constants.pool is not None:
            X = constants.pool[jax.random.randint(own, (count,), 0, len(constants.pool))]
        else:
            X = colour(plan.entries(own, (count, d), plan.dtype), root)
        inputs.append(compress(X))
    return inputs


def _conditioned(
    key: Key[Array, ""], plan: Plan, constants: Constants, S: Float[Array, "d q"]
) -> Training:
    """Gaussian features drawn directly, z ~ N(0, L L^T), and the mean W L^-1 z of the inputs x."""

    used = _used(S.shape[1], constants).astype(plan.dtype)

    def given(root: Array) -> tuple[Array, Array]:
        """L and W = Sigma S L^-T."""
        covariance_S = colour(colour(S.T, root.T), root).T
        covariance = S.T @ covariance_S + jnp.diag(1 - used)
        whitening = whiten(covariance)
        return covariance @ whitening.T, covariance_S @ whitening.T

    K = len(constants.roots)
    pairs = [given(root) for root in constants.roots[: 1 if plan.alike else K]]
    (cholesky, seen) = zip(*(pairs * K)[:K], strict=True)
    stacked = bartlett(key, constants.counts, plan.rows, S.shape[1], plan.dtype) * used[None]
    factors = jnp.split(stacked, list(accumulate(plan.rows))[:-1])
    features = [F @ L.T for F, L in zip(factors, cholesky, strict=True)]
    return Training(features, factors, jnp.stack(seen), S, S)
