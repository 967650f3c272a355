"""Ranges of several arguments, and coordinates that cannot leave them."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from collapse_theory import checks

# A range over more than this factor is explored on a logarithmic scale.
DECADE = 10.0
# A minimum on an edge is found to rounding in these coordinates; what is this near may be one.
NEAR = 1e-6


class Box(eqx.Module):
    """Ranges low_i <= x_i <= high_i in coordinates s without bounds, in steps of a grid.

        t = sin^2(pi s / (2 steps)),      x = low (1 - t) + high t      or      low^(1 - t) high^t

    Any s is inside; s = 0 and s = steps are the edges, exactly.  There dx/ds = 0, so that a minimum
    on an edge is an ordinary minimum in s.  A grid uniform in s is finest at the edges.
    """

    names: tuple[str, ...] = eqx.field(static=True)
    low: tuple[float, ...] = eqx.field(static=True)
    high: tuple[float, ...] = eqx.field(static=True)
    steps: int = eqx.field(static=True)

    @classmethod
    def of(cls, ranges: dict[str, checks.Range], points: int) -> "Box":
        """The box of named ranges with a grid of about `points` in all.

        Raises ValueError for no range, or one that is not two finite numbers, low < high.
        """
        if not ranges:
            raise checks.fail("ranges", "none", "the range (low, high) of one argument at least")
        pairs = [_pair(name, pair) for name, pair in ranges.items()]
        low, high = zip(*pairs, strict=True)
        per_axis = max(5, round(points ** (1 / len(ranges))))
        return cls(tuple(ranges), low, high, per_axis - 1)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the grid."""
        return (self.steps + 1,) * len(self.names)

    def grid(self) -> Float[Array, "points k"]:
        """All points of the grid, in coordinates s."""
        return jnp.asarray(np.indices(self.shape, dtype=float).reshape(len(self.names), -1).T)

    def arguments(self, position: Float[Array, " k"]) -> dict[str, Float[Array, ""]]:
        """Name -> value at coordinates s."""
        angle = position * (np.pi / 2 / self.steps)
        t, rest = jnp.sin(angle) ** 2, jnp.cos(angle) ** 2
        return {
            name: low ** rest[i] * high ** t[i]
            if low > 0 and high > DECADE * low
            else low * rest[i] + high * t[i]
            for i, (name, low, high) in enumerate(zip(self.names, self.low, self.high, strict=True))
        }

    def snap(self, position: Float[Array, " k"]) -> Float[Array, " k"]:
        """The same coordinates, those within `NEAR` of an edge on it."""
        angle = position * (np.pi / 2 / self.steps)
        upper = jnp.where(jnp.cos(angle) ** 2 < NEAR, float(self.steps), position)
        return jnp.where(jnp.sin(angle) ** 2 < NEAR, 0.0, upper)

    def on_edge(self, position: Float[Array, " k"]) -> dict[str, Bool[Array, ""]]:
        """Name -> whether the coordinate is exactly that of an edge."""
        edges = (position == 0) | (position == self.steps)
        return dict(zip(self.names, edges, strict=True))


def _pair(name: str, pair: checks.Range) -> tuple[float, float]:
    expected = "two finite numbers (low, high), low < high"
    try:
        low, high = (float(end) for end in pair)
    except (TypeError, ValueError):
        raise checks.fail(f"range of {name}", repr(pair), expected) from None
    if not (np.isfinite([low, high]).all() and low < high):
        raise checks.fail(f"range of {name}", (low, high), expected)
    return low, high
