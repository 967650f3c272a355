"""Ways to train that act on each direction of the training features by itself.

In the eigenvectors of M = sum_k (alpha_k / n) Z_k^T Z_k an algorithm that is linear in its labels trains
each coordinate v of the weights on two numbers, the eigenvalue x and the label b: v = g(x) b.  Here the
algorithms are run, coordinate by coordinate, with b = 1.
"""

from typing import NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Weights = Float[Array, "settings q"]  # v for b = 1, after each of several times, steps or rounds

# Below this, 1 - exp(-y) over y is known better by its first terms.
FLAT = 1e-3


@runtime_checkable
class Algorithm(Protocol):
    """Trains coordinates of eigenvalues x on labels 1; hashable, as programs are compiled for it."""

    def __call__(self, x: Float[Array, " q"]) -> Weights:
        """The coordinates of the weights, after each time, step or round."""
        ...


class GradientFlow(NamedTuple):
    """dv/dt = b - x v from 0, at several times; `averaged` over the times up to each."""

    times: tuple[float, ...]
    averaged: bool = False

    def __call__(self, x: Float[Array, " q"]) -> Weights:
        """The solution of the differential equation."""
        t = jnp.asarray(self.times)[:, None]
        y = t * x[None]
        flat = y < FLAT
        safe = jnp.where(flat, 1.0, y)
        if not self.averaged:
            return t * jnp.where(flat, 1 - y / 2 + y**2 / 6 - y**3 / 24, -jnp.expm1(-safe) / safe)
        return t * jnp.where(flat, 0.5 - y / 6 + y**2 / 24, (1 + jnp.expm1(-safe) / safe) / safe)


class GradientDescent(NamedTuple):
    """v <- v - step (x v - b) + momentum (v - v before), after 0, 1, ... steps."""

    step: float
    steps: int
    momentum: float = 0.0

    def __call__(self, x: Float[Array, " q"]) -> Weights:
        """Step by step."""

        def one(state: tuple[Array, Array], _: None) -> tuple[tuple[Array, Array], Array]:
            v, before = state
            after = v - self.step * (x * v - 1) + self.momentum * (v - before)
            return (after, v), after

        start = jnp.zeros_like(x)
        _, path = jax.lax.scan(one, (start, start), length=self.steps)
        return jnp.concatenate([start[None], path])


class IteratedRidge(NamedTuple):
    """v = argmin (x v - b)^2 / x + ridge (v - v of the last round)^2, after each round."""

    ridge: float
    rounds: int

    def __call__(self, x: Float[Array, " q"]) -> Weights:
        """Round by round."""

        def one(v: Array, _: None) -> tuple[Array, Array]:
            after = (1 + self.ridge * v) / (x + self.ridge)
            return after, after

        return jax.lax.scan(one, jnp.zeros_like(x), length=self.rounds)[1]


class SelfDistillation(NamedTuple):
    """Ridge fits of (1 - mix) y + mix (predictions of the model before), the teacher's of y first."""

    ridge: float
    mixes: tuple[float, ...]

    def __call__(self, x: Float[Array, " q"]) -> Weights:
        """The teacher, then student by student."""

        def one(v: Array, mix: Array) -> tuple[Array, Array]:
            after = ((1 - mix) + mix * x * v) / (x + self.ridge)
            return after, after

        return jax.lax.scan(one, jnp.zeros_like(x), jnp.array([0.0, *self.mixes]))[1]
