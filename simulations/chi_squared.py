"""Chi-squared numbers, a whole array at a time."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key


class _Search(NamedTuple):
    trial: Array
    numbers: Array
    done: Bool[Array, " k"]


def chi_squared(key: Key[Array, ""], degrees: Float[Array, " k"], dtype: Any) -> Float[Array, " k"]:
    """Independent chi-squared numbers with whole `degrees` of freedom, >= 1.

    Marsaglia and Tsang's rejection (2000) for twice a gamma of shape degrees / 2 >= 1, and a normal's
    square for 1 degree.  `jax.random.chisquare` has the same law; on CPUs it searches for one number
    after another, which took four times as long.
    """
    shape = jnp.maximum(degrees, 2).astype(dtype) / 2 - 1 / 3
    spread = 1 / jnp.sqrt(9 * shape)

    def search(state: _Search) -> _Search:
        normal_key, uniform_key = jax.random.split(jax.random.fold_in(key, state.trial))
        x = jax.random.normal(normal_key, degrees.shape, dtype)
        u = jax.random.uniform(uniform_key, degrees.shape, dtype)
        v = (1 + spread * x) ** 3
        likely = jnp.log(u) < x**2 / 2 + shape * (1 - v + jnp.log(jnp.maximum(v, 1e-30)))
        proposal = jnp.where(degrees > 1, 2 * shape * v, x**2)
        accepted = (degrees <= 1) | ((v > 0) & likely)
        numbers = jnp.where(state.done, state.numbers, proposal)
        return _Search(state.trial + 1, numbers, state.done | accepted)

    nothing = _Search(jnp.array(0), jnp.zeros(degrees.shape, dtype), jnp.zeros(degrees.shape, bool))
    return jax.lax.while_loop(lambda state: ~state.done.all(), search, nothing).numbers
