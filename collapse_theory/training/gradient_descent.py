"""Gradient descent with a step and momentum, after every one of its steps."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Complex, Float

from collapse_theory import checks
from collapse_theory.equivalent import Groups, SolveError, Status, alike, solved, stack
from collapse_theory.equivalent.complex_numbers import scaled
from collapse_theory.equivalent.continuation import Resolvents, resolvents
from collapse_theory.equivalent.two_point import TwoPoint
from collapse_theory.problem import Problem
from collapse_theory.risk import Risk
from collapse_theory.training.filters import whole_number

# Points on the circle for each step; what they leave out, 1e-12, is exp(-LEFT).
POINTS = 6
FEWEST = 48
LEFT = 27.6
# Ridges that are paired with all others at once: this bounds the memory.
CHUNK = 64
# By how much numbers that are real, beyond all eigenvalues, may seem not to be.
SLANT = 1e-6


def gradient_descent(
    problem: Problem, step: checks.Number, steps: checks.Whole, *, momentum: checks.Number = 0.0
) -> Risk:
    """The excess test error after 0, 1, ... steps of gradient descent, shape (steps + 1,).

        v_(t+1) = v_t - (step / 2) grad loss(v_t) + momentum (v_t - v_(t-1)),      v_0 = v_(-1) = 0,
        loss(v) = sum_k (alpha_k / n) |Z_k v - y_k|^2.

    What t steps leave of a direction of eigenvalue x is a polynomial in x, and the generating function
    of all of them is one ridge fit (ours):

        sum_t u^t residual_t(x) = lambda(u) / (x + lambda(u)) / (1 - u),
        lambda(u) = (1 - u) (1 - momentum u) / (step u),

    so that Cauchy's formula on a circle |u| < 1 finds the errors after all steps at once, by the
    two-point equivalents of `spectral_filter`, to 1e-12 of the error at the start.  For small steps this
    is `gradient_flow` at time t step / (1 - momentum).

    - `problem`: its `ridge` plays no part;
    - `step` > 0, in units of 1 / eigenvalue; `steps` >= 1; `momentum` in [0, 1).

    O(d steps^2), or O(d^3 steps + d^2 steps^2) for matrices.  Raises ValueError for arguments out of
    range; SolveError for a step with which descent diverges, and as `spectral_filter`.
    """
    count = whole_number("steps", steps, least=1)
    size = checks.number("step", step, above=0)
    beta = checks.number("momentum", momentum, most=1)
    known = checks.concrete(beta)
    if known is not None and known >= 1:
        raise checks.fail("momentum", f"{known:g}", "a number in [0, 1)")
    risk, status, stable = _after_every_step(problem, size, beta, count, alike(problem))
    stays = checks.concrete(stable)
    if stays is not None and not stays.all():
        raise SolveError(
            f"gradient descent with step = {float(size):.4g} diverges: expected a step below "
            "2 (1 + momentum) over the largest eigenvalue of the training features"
        )
    return solved(risk, status)


@eqx.filter_jit
def _after_every_step(
    problem: Problem,
    step: Float[Array, ""],
    momentum: Float[Array, ""],
    steps: int,
    groups: Groups | None,
) -> tuple[Risk, Status, Bool[Array, ""]]:
    model = stack(problem)
    groups = groups or tuple((k,) for k in range(len(problem.sources)))
    number = max(POINTS * steps, FEWEST)
    radius = np.exp(-LEFT / number)
    # The lower half of the circle, where Im lambda > 0, from the small ridges on.
    u = radius * np.exp(-1j * np.pi * (2 * np.arange(number // 2) + 1) / number)
    turned = np.append(u, -radius)
    circle = jnp.asarray((1 - turned) / turned) * (1 - scaled(momentum, jnp.asarray(turned)))
    # Of the last, a negative number, the imaginary part has no sign by itself.
    ridges = scaled(1 / step, jax.lax.complex(circle.real, jnp.abs(circle.imag)))
    fits, status = resolvents(model, ridges, groups)
    # At u = -radius the ridge is minus a number that is right of all eigenvalues, if descent is stable.
    stable = _is_outside(jax.tree.map(lambda part: part[-1], fits))
    nodes = jax.tree.map(lambda part: part[:-1], fits)
    powers = u[None] ** -np.arange(steps + 1)[:, None]
    coefficients = jnp.asarray(2 / number * powers / (1 - u)[None])
    mirrored = jnp.concatenate([coefficients, coefficients.conj()], axis=1)

    def of_some(chosen: tuple[Resolvents, Complex[Array, "chunk steps"]]) -> Float[Array, "parts steps"]:
        left, weights = chosen
        pairs = TwoPoint(model, groups, left, nodes).risks()
        return jnp.einsum("qt,aqr,tr->at", weights, pairs, mirrored).real / 2

    parts = jax.lax.map(of_some, _in_chunks((nodes, coefficients.T))).sum(axis=0)
    return Risk(*jnp.where(stable, parts, jnp.nan)), status, stable


def _in_chunks(tree: tuple[Resolvents, Array]) -> tuple[Resolvents, Array]:
    """Arrays of pieces of the first axis; the last is filled with copies that weigh nothing."""
    length = len(tree[1])
    size = min(CHUNK, length)
    chunks = -(-length // size)

    def cut(array: Array, fill: Array) -> Array:
        filled = jnp.concatenate([array, jnp.repeat(fill, chunks * size - length, axis=0)])
        return filled.reshape(chunks, size, *array.shape[1:])

    nodes, weights = tree
    return jax.tree.map(lambda part: cut(part, part[-1:]), nodes), cut(weights, 0 * weights[-1:])


def _is_outside(fit: Resolvents) -> Bool[Array, ""]:
    """Whether a negative ridge is beyond all eigenvalues: the mean of lambda / (x + lambda) is > 1."""
    values = fit.shrinkage if fit.shrinkage.ndim == 1 else jnp.linalg.eigvalsh(fit.shrinkage.real)
    imaginary = jnp.max(jnp.abs(fit.shrinkage.imag))
    return (jnp.min(values.real) > 1 - SLANT) & (imaginary < SLANT * jnp.max(jnp.abs(fit.shrinkage)))
