"""The deterministic equivalent: the few numbers that stand for the random features and projections.

Unknowns e_1 ... e_K and nu (THEORY of the unified model; K = 1 or one common Sigma is the paper's):

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

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from collapse_theory.model import Matrix, Model, inverse, product, trace
from collapse_theory.root import Status, find_root

# Sums of sample sizes such as 0.3 n + 0.7 n differ from n by rounding.
TIE = 1e-12


class Equivalent(NamedTuple):
    """The solved equations; e, nu, A and G up to the common factor `scale` (true nu = scale * nu)."""

    e: Float[Array, " K"]
    nu: Float[Array, ""]
    scale: Float[Array, ""]
    A: Float[Array, " *matrix"]
    G: Float[Array, " *matrix"]
    shrinkage: Float[Array, " *matrix"]  # nu G = I - A G, without its cancellation
    limits: "Limits"
    status: Status


class Limits(NamedTuple):
    """What bounds the fit, and whether the ridgeless risk diverges there."""

    rank: Float[Array, ""]
    samples: Float[Array, ""]
    width: Float[Array, ""]  # inf for the classical model
    null: Float[Array, " *matrix"]  # projector on the directions that no source sees
    by_samples: Bool[Array, ""]
    by_width: Bool[Array, ""]
    at_threshold: Bool[Array, ""]  # samples == min(rank, width) and lambda == 0


def limits(model: Model) -> Limits:
    """Rank, samples and width compared, ties within rounding."""
    total = jnp.tensordot(model.weights * model.fractions, model.covariances, axes=1)
    if total.ndim == 1:
        null = (total == 0).astype(float)
        rank = model.dimension - null.sum()
    else:
        eigenvalues, basis = jnp.linalg.eigh(total)
        zero = eigenvalues <= model.dimension * jnp.finfo(float).eps * eigenvalues[-1]
        null = (basis * zero) @ basis.T
        rank = model.dimension - zero.sum()
    samples = model.n * jnp.sum(model.fractions * (model.weights > 0))
    width = jnp.array(jnp.inf) if model.width is None else model.width
    parameters = jnp.minimum(rank, width)
    tied = jnp.abs(samples - parameters) <= TIE * parameters
    by_samples = (samples < parameters) | tied
    by_width = ~by_samples & (width < rank)
    return Limits(
        rank, samples, width, null, by_samples, by_width, at_threshold=tied & (model.ridge == 0)
    )


def solve(model: Model) -> Equivalent:
    """The deterministic equivalent of a model, for every ridge >= 0.

    At the interpolation threshold of a ridgeless model there is none; the solution returned there
    is that of ridge 1, and `limits.at_threshold` says so.
    """
    bounds = limits(model)
    ridge = jnp.where(bounds.at_threshold, 1.0, model.ridge)
    # nu = 0 = lambda, m = r: a square invertible S is no restriction, the model is classical.
    square = (ridge == 0) & (bounds.width == bounds.rank) & ~bounds.by_samples
    classical = (model.width is None) | square

    def unpack(logs: Float[Array, " K+1"]) -> tuple[Float[Array, " K"], Float[Array, ""], Float[Array, ""]]:
        """(fit, nu, chart's nu): fit = e / alpha, over nu in the chart limited by samples."""
        fit, last = jnp.exp(logs[:-1]), jnp.exp(logs[-1])
        nu = jnp.where(classical, ridge, jnp.where(bounds.by_width, last, ridge * last))
        return fit, nu, jnp.where(bounds.by_samples, 1.0, nu)

    def resolvent(fit: Float[Array, " K"], nu: Float[Array, ""]) -> tuple[Matrix, Matrix, Matrix]:
        A = jnp.tensordot(model.fractions * model.weights * fit, model.covariances, axes=1)
        # With nu = 0, G is wanted on the range of A only; the null directions are not shrunk to 0.
        unseen = jnp.where(nu == 0, bounds.null, 0.0)
        eye = jnp.ones(model.dimension) if A.ndim == 1 else jnp.eye(model.dimension)
        return A, inverse(A + nu * eye + unseen), unseen

    def residual(logs: Float[Array, " K+1"]) -> Float[Array, " K+1"]:
        fit, nu, chart_nu = unpack(logs)
        A, G, _ = resolvent(fit, chart_nu)
        traces = jnp.sum(model.covariances * G, axis=tuple(range(1, model.covariances.ndim)))
        # Samples without weight stay out: their fit is 1 whatever the others do.
        own = jnp.where(bounds.by_samples & (model.weights > 0), nu, 1.0)
        samples = own * fit + model.weights * fit * traces / model.n - 1
        penalty = jnp.where(bounds.by_width, ridge, 1.0) * jnp.exp(-logs[-1])
        width = trace(A, G) / bounds.width + model.dimension / bounds.width * penalty - 1
        return jnp.append(samples, jnp.where(classical, logs[-1], width))

    logs, status = find_root(residual, _start(model, bounds))
    fit, nu, chart_nu = unpack(logs)
    A, G, unseen = resolvent(fit, chart_nu)
    return Equivalent(
        e=model.weights * fit,
        nu=chart_nu,
        scale=jnp.where(bounds.by_samples, nu, 1.0),
        A=A,
        G=G,
        shrinkage=chart_nu * G + product(unseen, G),
        limits=bounds._replace(at_threshold=bounds.at_threshold),
        status=status,
    )


def _start(model: Model, bounds: Limits) -> Float[Array, " K+1"]:
    """The ridgeless solution for an isotropic covariance of the same traces, kept off thresholds."""
    d, n, m = model.dimension, bounds.samples, bounds.width
    off = 1e-3
    sizes = model.covariances.sum(-1) if model.covariances.ndim == 2 else jnp.trace(
        model.covariances, axis1=1, axis2=2
    )
    parameters = jnp.minimum(bounds.rank, m)
    seen = jnp.where(model.weights > 0, model.weights, 1.0) * jnp.where(sizes > 0, sizes, 1.0)
    interpolating = jnp.log(n / seen / jnp.maximum(1 - n / d, off))
    fitting = jnp.log(jnp.maximum(1 - parameters / n, off)) * jnp.ones_like(sizes)
    fit = jnp.where(bounds.by_samples, interpolating, fitting)
    if model.width is None:
        return jnp.append(fit, 0.0)
    mean_eigenvalue = jnp.sum(model.fractions * model.weights * jnp.exp(fit) * sizes) / d
    by_width = jnp.log(mean_eigenvalue * jnp.maximum(1 - m / d, off) * d / m)
    others = jnp.log(d / jnp.maximum(m - jnp.minimum(bounds.rank, n), off * m))
    return jnp.append(fit, jnp.where(bounds.by_width, by_width, others))
