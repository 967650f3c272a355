"""The test error of readouts with many outputs, for covariances too large for eigenvectors."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.scipy.linalg import cho_solve
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.equivalent.newton import TOLERANCE, Cause, Status, solved

MOST_STEPS = 1000
EXACT = 1e-13  # of what is left of the equations: iterating is cheap beside one inverse too many
DIGITS = 1e-5  # to which products with the inverse must give back what they were made of

Matrices = tuple[Float[Array, "m m"], ...]
Readouts = tuple[Float[Array, "m outputs"], ...]


def readout_error(
    covariances: Matrices,
    readouts: Readouts,
    n: Float[Array, " K"],
    noises: Float[Array, " K"],
    ridge: Float[Array, ""],
    weights: Float[Array, " K"] | None = None,
) -> Float[Array, ""]:
    """The excess error on source 1 of a ridge readout of many outputs, trained on K sources,

        W = argmin sum_k (alpha_k / n) sum_i |W^T z_i - y_i|^2 + lambda |W|^2,   E |W^T z - W_1^T z|^2.

    This is `predict` of the classical model with the second moments C_jk = W_j W_k^T, in a form that
    only solves linear systems (ours).  With V_k = G Sigma_k, G = (sum_k p_k e_k Sigma_k + lambda)^-1 and
    r = E W - W_1 = sum_k p_k e_k V_k (W_k - W_1) - lambda G W_1,

        e_k = alpha_k / (1 + alpha_k tr V_k / n),         T_kj = p_j e_j^2 tr[V_k V_j] / n,
        E_k = sigma_k^2 + |r + W_1 - W_k|_k^2 + sum_j T_kj E_j,
        error = |r|_1^2 + sum_j T_1j E_j,                 |D|_k^2 = tr[D^T Sigma_k D].

    `predict` turns to eigenvectors first, which keeps all digits for any ridge, and takes ten times as
    long.  Here the ridge must be at least about 1e-10 of the largest eigenvalue.

    - `covariances`: Sigma_k, (m, m) each, source 1 first;
    - `readouts`: the best readouts W_k, (m, outputs) each;
    - `n`: samples of each source;  `weights`: alpha_k > 0 of each of its samples, 1 if not given;
    - `noises`: E |y - W_k^T z|^2 of each source, summed over outputs;  `ridge`: lambda > 0.

    Differentiable, and batched by `vmap`.  Raises ValueError for numbers of sources that disagree, and
    SolveError if the equations were not solved or the matrices are too near to singular for their
    inverse to be trusted; inside `jit` or `vmap` the error is NaN then.
    """
    K = len(covariances)
    weights = jnp.ones(K) if weights is None else weights
    for name, values in (("readouts", readouts), ("n", n), ("noises", noises), ("weights", weights)):
        if len(values) != K:
            raise checks.fail(f"number of {name}", len(values), f"{K}, as there are covariances")
    checks.number("ridge", ridge, above=0)
    return solved(*_readout_error(covariances, readouts, Sizes.of(n, weights, ridge), noises))


class Sizes(NamedTuple):
    """n, p_k, alpha_k and lambda."""

    n: Float[Array, ""]
    fractions: Float[Array, " K"]
    weights: Float[Array, " K"]
    ridge: Float[Array, ""]

    @classmethod
    def of(cls, n: Float[Array, " K"], weights: Float[Array, " K"], ridge: Float[Array, ""]) -> "Sizes":
        """Those of samples n_k."""
        return cls(n.sum(), n / n.sum(), weights, ridge)


@eqx.filter_jit
def _readout_error(
    covariances: Matrices, readouts: Readouts, sizes: Sizes, noises: Float[Array, " K"]
) -> tuple[Float[Array, ""], Status]:
    e, status = _fixed_point(covariances, sizes)
    system, G = _resolvent(covariances, e, sizes)
    probe = G.sum(axis=1)  # G 1
    status = status.unless(jnp.abs(system @ probe - 1.0).max() > DIGITS, Cause.ILL_CONDITIONED)
    pulls = sizes.fractions * e
    V = [G @ sigma for sigma in covariances]
    first = readouts[0]
    r = sum(
        (p * (v @ (readout - first)) for p, v, readout in zip(pulls, V, readouts, strict=True)),
        -sizes.ridge * (G @ first),
    )
    pairs = list(zip(covariances, readouts, strict=True))
    misfits = jnp.stack([_squared(r + first - readout, sigma) for sigma, readout in pairs])
    traces = jnp.stack([jnp.stack([jnp.sum(v * u.T) for u in V]) for v in V])
    T = traces * (pulls * e / sizes.n)[None]
    errors = jnp.linalg.solve(jnp.eye(len(e)) - T, noises + misfits)
    return misfits[0] + T[0] @ errors, status


def _fixed_point(covariances: Matrices, sizes: Sizes) -> tuple[Float[Array, " K"], Status]:
    """The e_k: iterated from alpha_k, from where they fall to their limit without oscillating."""

    def residual(e: Float[Array, " K"]) -> Float[Array, " K"]:
        _, G = _resolvent(covariances, e, sizes)
        traces = jnp.stack([jnp.sum(sigma * G) for sigma in covariances])
        return e * (1 / sizes.weights + traces / sizes.n) - 1

    def search(
        f: object, start: Float[Array, " K"]
    ) -> tuple[Float[Array, " K"], tuple[Float[Array, ""], Float[Array, ""]]]:
        def step(state: tuple) -> tuple:
            e, _, steps = state
            left = residual(e)
            return e / (1 + left), jnp.abs(left).max(), steps + 1

        def unfinished(state: tuple) -> Array:
            return (state[1] > EXACT) & (state[2] < MOST_STEPS)

        e, size, steps = jax.lax.while_loop(unfinished, step, (start, jnp.array(jnp.inf), 0))
        return e, (size, jnp.asarray(steps, dtype=float))

    def tangent_solve(linear: object, value: Float[Array, " K"]) -> Float[Array, " K"]:
        return jnp.linalg.solve(jax.jacfwd(linear)(value), value)  # type: ignore[arg-type]

    e, aux = jax.lax.custom_root(residual, sizes.weights, search, tangent_solve, has_aux=True)
    size, steps = jax.lax.stop_gradient(aux)
    converged = size <= TOLERANCE
    steps = steps.astype(int)
    cause = jnp.where(steps >= MOST_STEPS, Cause.STEPS.value, Cause.NOT_FINITE.value)
    return e, Status(converged, size, steps, jnp.where(converged, Cause.NONE.value, cause))


def _resolvent(
    covariances: Matrices, e: Float[Array, " K"], sizes: Sizes
) -> tuple[Float[Array, "m m"], Float[Array, "m m"]]:
    """sum_k p_k e_k Sigma_k + lambda, and its inverse G."""
    identity = jnp.eye(len(covariances[0]))
    terms = zip(sizes.fractions * e, covariances, strict=True)
    system = sum((p * sigma for p, sigma in terms), sizes.ridge * identity)
    return system, cho_solve((jnp.linalg.cholesky(system), True), identity)


def _squared(difference: Float[Array, "m outputs"], sigma: Float[Array, "m m"]) -> Float[Array, ""]:
    """|D|^2 = tr[D^T Sigma D]."""
    return jnp.sum(difference * (sigma @ difference))
