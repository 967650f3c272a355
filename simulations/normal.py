"""Normal numbers that are computed once, however many places use them."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Key


def normals(key: Key[Array, ""], shape: tuple[int, ...], dtype: Any = float) -> Float[Array, "..."]:
    """iid N(0, 1), the same numbers as `jax.random.normal`: sqrt(2) erf^-1(u), u uniform on (-1, 1).

    For matrices.  To the compiler erf^-1 is a chain of cheap products, which it repeats in every loop
    that reads the result: a projection was computed up to five times, a triangle twice.  Only a loop of
    unknown length keeps it from that.  This one has one step, but the compiler cannot know that u < 2.
    """
    if not math.prod(shape):
        return jnp.zeros(shape, dtype)
    kind = np.dtype(dtype)
    lowest = np.nextafter(kind.type(-1), kind.type(0))
    uniform = jax.random.uniform(key, shape, kind, lowest, kind.type(1))

    def transform(state: tuple[Array, Array]) -> tuple[Array, Array]:
        done, u = state
        return ~done, kind.type(np.sqrt(2)) * jax.lax.erf_inv(u)

    def unfinished(state: tuple[Bool[Array, ""], Array]) -> Bool[Array, ""]:
        return ~state[0]

    return jax.lax.while_loop(unfinished, transform, (uniform.ravel()[0] >= 2, uniform))[1]
