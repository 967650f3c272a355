"""The deterministic equivalent at complex ridges, followed from the real ones.

The equations of `fixed_point` hold for every complex lambda off the negative real axis, where sample
covariances have their poles.  They have several solutions there; the right one is the continuation of
that at real ridges, and the only one with

    0 <= arg e_k <= arg lambda,      0 <= arg nu <= arg lambda          (Im lambda > 0),

as e_k and nu are, like lambda itself, averages of what sees lambda through positive matrices.  Ridges
come in an order in which neighbours are near: Newton's method starts each where the last one ended.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Complex, Float

from collapse_theory.equivalent.algebra import identity
from collapse_theory.equivalent.arrays import Model
from collapse_theory.equivalent.complex_numbers import as_complex, scaled
from collapse_theory.equivalent.elimination import eliminate
from collapse_theory.equivalent.fixed_point import WORST_CONDITION, solve
from collapse_theory.equivalent.groups import Groups, completed, merged
from collapse_theory.equivalent.newton import TOLERANCE, Cause, Status

# The longest step in log lambda that Newton's method is asked to make, and its corrections after it.
LONGEST = 0.4
CORRECTIONS = 2
# Steps at the end, all ridges at once: each doubles the digits, and derivatives go through them.
POLISH = 2
# By how much an angle may miss its cone: rounding, of what may be a real number.
SLANT = 1e-9

Logs = Complex[Array, " unknowns"]


class Resolvents(NamedTuple):
    """What ridge fits at Q ridges are made of; `*matrix` is d or d, d as in `Model`."""

    shrinkage: Complex[Array, "Q *matrix"]  # nu G: what is not learnt
    gains: Complex[Array, "Q groups *matrix"]  # e_k G
    gap: Complex[Array, " Q"]  # m - tr[A G] = lambda d / nu; without a width 1

    def with_none(self, width: Float[Array, ""] | None) -> "Resolvents":
        """The same and, last, an infinite ridge, which learns nothing."""
        like = self.shrinkage[0]
        none = Resolvents(
            as_complex(identity(like.real))[None],
            jnp.zeros_like(self.gains[:1]),
            jnp.ones_like(self.gap[:1]) if width is None else as_complex(width)[None],
        )
        return jax.tree.map(lambda *parts: jnp.concatenate(parts), self, none)


def resolvents(model: Model, ridges: Complex[Array, " Q"], groups: Groups) -> tuple[Resolvents, Status]:
    """The equivalents at these ridges, of Im >= 0, one after another along their order."""
    groups, fixed = completed(groups, model), jax.lax.stop_gradient(model)
    logs = jnp.log(jax.lax.stop_gradient(ridges))
    small = merged(fixed, groups)
    real = solve(fixed._replace(ridge=jnp.exp(logs[0].real)), groups)
    first = jnp.array([group[0] for group in groups])
    start = as_complex(jnp.log(jnp.append(real.residue[first], real.nu * real.scale)))
    if model.width is None:
        start = start[:-1]

    def to_next(state: tuple[Logs, Array], target: Array) -> tuple[tuple[Logs, Array], Logs]:
        end = _follow(small, *state, target)
        return (end, target), end

    origin = as_complex(logs[0].real)
    _, unknowns = jax.lax.scan(to_next, (start, origin), logs)
    live, exact = merged(model, groups), jnp.log(ridges)
    polished = jax.vmap(lambda u, at: _newton(live, u, at, jnp.zeros_like(at)))
    unknowns, _ = jax.lax.scan(lambda u, _: (polished(u, exact), None), unknowns, length=POLISH)
    answer, residual, right = jax.vmap(lambda u, at: _answer(live, u, at))(unknowns, exact)
    worst = jnp.max(residual)
    converged = (worst <= TOLERANCE) & jnp.all(right) & real.status.converged
    cause = jnp.where(jnp.isfinite(worst), Cause.STALLED.value, Cause.NOT_FINITE.value)
    cause = jnp.where(real.status.converged, cause, real.status.cause)
    status = Status(converged, worst, real.status.steps, jnp.where(converged, Cause.NONE.value, cause))
    if not model.is_diagonal:
        well = jnp.all(jax.vmap(lambda u, at: _well_conditioned(small, u, at))(unknowns, exact))
        status = status.unless(~well, Cause.ILL_CONDITIONED)
    return answer, status


def _follow(model: Model, unknowns: Logs, here: Array, target: Array) -> Logs:
    """The unknowns at log ridge `target`, by short steps from those at `here`."""

    def unfinished(state: tuple[Logs, Array]) -> Bool[Array, ""]:
        unknowns, at = state
        return (jnp.abs(target - at) > 0) & ~jnp.isnan(unknowns).any()

    def step(state: tuple[Logs, Array]) -> tuple[Logs, Array]:
        unknowns, at = state
        ahead = target - at
        last = jnp.abs(ahead) <= LONGEST
        ahead = scaled(jnp.where(last, 1.0, LONGEST / jnp.where(last, 1.0, jnp.abs(ahead))), ahead)
        end = jnp.where(last, target, at + ahead)
        none = jnp.zeros_like(ahead)
        stops = jnp.stack([at] + [end] * CORRECTIONS), jnp.stack([ahead] + [none] * CORRECTIONS)
        unknowns, _ = jax.lax.scan(lambda u, stop: (_newton(model, u, *stop), None), unknowns, stops)
        return unknowns, end

    return jax.lax.while_loop(unfinished, step, (unknowns, here))[0]


class _Point(NamedTuple):
    """The equations at one ridge."""

    fit: Complex[Array, " groups"]  # e_k / alpha_k
    strengths: Complex[Array, " groups"]  # p_k e_k
    nu: Complex[Array, ""]
    gap: Complex[Array, ""]  # m - tr[A G]
    G: Complex[Array, " *matrix"]
    traces: Complex[Array, " groups"]  # tr[Sigma_k G]
    residual: Logs


def _point(model: Model, unknowns: Logs, at: Array) -> _Point:
    ridge, K = jnp.exp(at), len(model.weights)
    fit = jnp.exp(unknowns[:K])
    nu = ridge if model.width is None else jnp.exp(unknowns[K])
    strengths = scaled(model.fractions * model.weights, fit)
    A = _sum(model, strengths)
    G = 1 / (A + nu) if model.is_diagonal else jnp.linalg.inv(A + nu * as_complex(jnp.eye(len(A))))
    axes = tuple(range(1, model.covariances.ndim))
    traces = jnp.sum(scaled(model.counted(model.covariances), G[None]), axis=axes)
    residual = fit * (1 + scaled(model.weights / model.n, traces)) - 1
    gap = jnp.ones_like(nu)
    if model.width is not None:
        gap = scaled(model.dimension, ridge / nu)
        df1 = jnp.sum(strengths * traces)
        residual = jnp.append(residual, scaled(1 / model.width, df1 + gap) - 1)
    return _Point(fit, strengths, nu, gap, G, traces, residual)


def _sum(model: Model, strengths: Complex[Array, " groups"]) -> Complex[Array, " *matrix"]:
    """A."""
    parts = jnp.stack([strengths.real, strengths.imag])
    return jax.lax.complex(*jnp.tensordot(parts, model.covariances, axes=1))


def _newton(model: Model, unknowns: Logs, at: Array, ahead: Array) -> Logs:
    """One step of Newton's method, towards the solution at log ridge `at + ahead`."""
    here, K = _point(model, unknowns, at), len(model.weights)
    pairs, singles = _second_order(model, here.G)
    # d tr[Sigma_k G] by d log e_l and d log nu.
    moved, nudged = -pairs * here.strengths[None], -here.nu * singles
    scale = scaled(model.weights / model.n, here.fit)
    slope = scale[:, None] * moved + jnp.diag(here.fit + scale * here.traces)
    by_ridge = scale * nudged
    if model.width is not None:
        m = 1 / model.width
        last = scaled(m, here.strengths * here.traces + here.strengths @ moved)
        corner = scaled(m, jnp.sum(here.strengths * nudged) - here.gap)
        slope = jnp.block([[slope, by_ridge[:, None]], [last[None], corner[None, None]]])
        by_ridge = jnp.zeros(K + 1, complex).at[K].set(scaled(m, here.gap))
    return unknowns - eliminate(slope, here.residual + by_ridge * ahead)


def _second_order(model: Model, G: Array) -> tuple[Array, Array]:
    """tr[Sigma_k G Sigma_l G] and tr[Sigma_k G^2]."""
    covariances = model.covariances
    if model.is_diagonal:
        square, weights = (G * G)[None], model.counted(covariances)
        pairs = jnp.sum(scaled(weights[:, None] * covariances[None], square[None]), axis=-1)
        return pairs, jnp.sum(scaled(weights, square), axis=-1)
    turned = as_complex(covariances) @ G
    flat = (as_complex(model.counted(covariances)) @ G).reshape(len(turned), -1)
    return flat @ turned.mT.reshape(len(turned), -1).T, flat @ G.T.ravel()


def _answer(model: Model, unknowns: Logs, at: Array) -> tuple[Resolvents, Array, Array]:
    """What these unknowns stand for, their residual, and whether they are on the right branch."""
    here = _point(model, unknowns, at)
    e = scaled(model.weights, here.fit)
    active = model.weights * model.fractions > 0
    angles = jnp.where(active, unknowns[: len(e)].imag, 0.0)
    if model.width is not None:
        angles = jnp.append(angles, unknowns[-1].imag)
    right = jnp.all((angles >= -SLANT) & (angles <= at.imag + SLANT))
    gains = e.reshape(-1, *(1,) * here.G.ndim) * here.G[None]
    answer = Resolvents(here.nu * here.G, gains, here.gap)
    return answer, jnp.max(jnp.abs(here.residual)), right


def _well_conditioned(model: Model, unknowns: Logs, at: Array) -> Bool[Array, ""]:
    here = _point(model, unknowns, at)
    matrix = _sum(model, here.strengths) + here.nu * as_complex(jnp.eye(len(here.G)))
    norms = [jnp.abs(M).sum(axis=1).max() for M in (matrix, here.G)]
    return norms[0] * norms[1] <= WORST_CONDITION
