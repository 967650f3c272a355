"""The deterministic equivalent: the few numbers that stand for random features and projections.

Unknowns e_1 ... e_K and nu, for any number K of sources with any covariances:

    A = sum_k p_k e_k Sigma_k,     G = (A + nu I)^-1,
    e_k = alpha_k / (1 + (alpha_k / n) tr[Sigma_k G]),
    nu = lambda d/m + (nu / m) tr[A G]                       (classical model: nu = lambda).

In (log e, log nu) these say that the gradient vanishes of the convex function (a geometric program)

    log det(A + nu) + sum_k n_k (e_k / alpha_k - log e_k) + (m - d) log nu + lambda d / nu,

so the solution is unique and Newton's method finds it.  As lambda -> 0 some unknowns go to 0 with
it.  Which ones depends on what limits the fit, so the equations are solved in one of three charts,
each of which holds for every lambda >= 0 in its own region:

    limited by      unknowns                        region
    features        e, nu / lambda                  r <= m and r < n       (nu -> 0)
    samples         e / nu, nu / lambda             n <= min(r, m)         (e, nu -> 0 together)
    width           e, nu                           m < min(r, n)          (neither)

where r is the rank of A and n counts the samples of positive weight.  Everything the risk needs is
unchanged when e and nu are multiplied by the same number; `scale` remembers it.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory.limits import Limits, limits
from collapse_theory.model import Matrix, Model, inverse, product
from collapse_theory.root import Status, find_root

# Starting values stay this far, relatively, from thresholds, where logarithms diverge.
OFF_THRESHOLD = 1e-3


class Equivalent(NamedTuple):
    """The solved equations.  e, nu, A and 1/G are the true ones divided by `scale`."""

    e: Float[Array, " K"]
    residue: Float[Array, " K"]  # true e_k / alpha_k: the part of its noise that source k does not fit
    nu: Float[Array, ""]
    gap: Float[Array, ""]  # m - tr[A G], without its cancellation
    scale: Float[Array, ""]
    A: Float[Array, " *matrix"]
    G: Float[Array, " *matrix"]
    shrinkage: Float[Array, " *matrix"]  # nu G = I - A G, without its cancellation
    limits: Limits
    status: Status


def solve(model: Model) -> Equivalent:
    """The deterministic equivalent of a model, for every ridge >= 0.

    At the interpolation threshold of a ridgeless model only ratios of e and nu have a limit.  For
    n = m < r they are what is returned; for n = r <= m, nu / e is 0 and e that of 2 n samples.
    """
    bounds = limits(model)
    ridge = model.ridge
    n = model.n * jnp.where(bounds.at_threshold & ~bounds.by_samples, 2.0, 1.0)
    # A square invertible S is no restriction: without a ridge, nu = 0 = lambda as if it were absent.
    square = (ridge == 0) & (bounds.width == bounds.rank) & ~bounds.by_samples
    classical = (model.width is None) | square | bounds.at_threshold

    def unpack(logs: Float[Array, " unknowns"]) -> tuple[Array, Array, Array]:
        """e_k / alpha_k, nu, and the nu of A + nu: 1 where the chart divides by the true one."""
        fit, last = jnp.exp(logs[:-1]), jnp.exp(logs[-1])
        nu = jnp.where(classical, ridge, jnp.where(bounds.by_width, last, ridge * last))
        return fit, nu, jnp.where(bounds.by_samples, 1.0, nu)

    def resolvent(fit: Float[Array, " K"], nu: Float[Array, ""]) -> tuple[Matrix, Matrix, Matrix]:
        A = jnp.tensordot(model.fractions * model.weights * fit, model.covariances, axes=1)
        # nu = 0: G inverts A on its range, and does not shrink what lies outside it to zero.
        unseen = jnp.where(nu == 0, bounds.null, 0.0)
        identity = jnp.ones(model.dimension) if A.ndim == 1 else jnp.eye(model.dimension)
        G = inverse(A + nu * identity + unseen)
        return A, G, nu * G + product(unseen, G)

    def residue(fit: Float[Array, " K"], nu: Float[Array, ""]) -> Float[Array, " K"]:
        # Samples without weight stay out of the chart: their fit is 1 whatever the others do.
        return jnp.where(bounds.by_samples & (model.weights > 0), nu, 1.0) * fit

    def balance(logs: Float[Array, " unknowns"], traces: Float[Array, " K"]) -> Array:
        """The equations, given tr[Sigma_k G]."""
        fit, nu, _ = unpack(logs)
        samples = residue(fit, nu) + model.weights * fit * traces / n - 1
        filled = jnp.sum(model.fractions * model.weights * fit * traces)  # tr[A G]
        width = (filled + gap(logs)) / bounds.width - 1
        return jnp.append(samples, jnp.where(classical, logs[-1], width))

    def residual(logs: Float[Array, " unknowns"]) -> Float[Array, " unknowns"]:
        fit, _, chart_nu = unpack(logs)
        _, G, _ = resolvent(fit, chart_nu)
        return balance(logs, jnp.tensordot(model.covariances, G, axes=G.ndim))

    def linearise(logs: Float[Array, " unknowns"]) -> tuple[Array, Float[Array, "unknowns unknowns"]]:
        """The residual and its derivatives by d tr[Sigma_k G] = -tr[Sigma_k G d(A + nu) G]."""
        fit, _, chart_nu = unpack(logs)
        _, G, _ = resolvent(fit, chart_nu)
        traces = jnp.tensordot(model.covariances, G, axes=G.ndim)
        moved = -_second_order(model.covariances, G)

        def coefficients(logs: Array) -> Array:
            """A + nu as multiples of the Sigma_l and of I."""
            fit, _, chart_nu = unpack(logs)
            return jnp.append(model.fractions * model.weights * fit, chart_nu)

        directly, by_traces = jax.jacfwd(balance, argnums=(0, 1))(logs, traces)
        return balance(logs, traces), directly + by_traces @ moved @ jax.jacfwd(coefficients)(logs)

    def gap(logs: Float[Array, " unknowns"]) -> Float[Array, ""]:
        return model.dimension * jnp.where(bounds.by_width, ridge, 1.0) * jnp.exp(-logs[-1])

    logs, status = find_root(residual, _start(model, bounds), linearise)
    fit, nu, chart_nu = unpack(logs)
    A, G, shrinkage = resolvent(fit, chart_nu)
    scale = jnp.where(bounds.by_samples, nu, 1.0)
    return Equivalent(
        e=model.weights * fit,
        residue=residue(fit, nu),
        nu=chart_nu,
        gap=jnp.where(bounds.at_threshold | square, 0.0, gap(logs)),
        scale=scale,
        A=A,
        G=G,
        shrinkage=shrinkage,
        limits=bounds,
        status=status,
    )


def _second_order(covariances: Matrix, G: Matrix) -> Float[Array, "_ _"]:
    """tr[Sigma_k G Sigma_l G] and, in the last column, tr[Sigma_k G^2]."""
    if G.ndim == 1:
        against = jnp.concatenate([covariances, jnp.ones((1, len(G)))])
        return (covariances * (G * G)[None]) @ against.T
    turned = covariances @ G
    flat = turned.reshape(len(turned), -1)
    mirrored = turned.mT.reshape(len(turned), -1)
    return jnp.column_stack([flat @ mirrored.T, flat @ G.ravel()])


def _start(model: Model, bounds: Limits) -> Float[Array, " unknowns"]:
    """The ridgeless solution for isotropic covariances of the same traces, kept off thresholds."""
    d, n, m = model.dimension, bounds.samples, bounds.width

    def room(part: Array) -> Array:
        return jnp.maximum(1 - part, OFF_THRESHOLD)

    diagonal = model.covariances.ndim == 2
    traces = jnp.sum(model.covariances if diagonal else _diagonals(model.covariances), axis=-1)
    pull = jnp.where(model.weights * traces > 0, model.weights * traces, 1.0)
    interpolating = jnp.log(n / pull / room(n / d))
    fitting = jnp.log(room(bounds.parameters / n)) * jnp.ones_like(pull)
    fit = jnp.where(bounds.by_samples, interpolating, fitting)
    mean_eigenvalue = jnp.sum(model.fractions * model.weights * jnp.exp(fit) * traces) / d
    by_width = jnp.log(mean_eigenvalue * room(m / d) * d / m)
    otherwise = jnp.log(d / m / room(jnp.minimum(bounds.rank, n) / m))
    last = jnp.where(bounds.by_width, by_width, otherwise)
    return jnp.append(fit, 0.0 if model.width is None else last)


def _diagonals(matrices: Float[Array, "K d d"]) -> Float[Array, "K d"]:
    return jnp.diagonal(matrices, axis1=1, axis2=2)
