"""`normals` are the numbers of `jax.random.normal`."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from simulations.normal import normals

# erf^-1 in one loop or in another differs by rounding.
ULPS = 4


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_numbers_of_jax(dtype):
    keys = jax.random.split(jax.random.key(3), 5)
    ours = jax.jit(jax.vmap(lambda key: normals(key, (7, 3), jnp.dtype(dtype))))(keys)
    theirs = jax.vmap(lambda key: jax.random.normal(key, (7, 3), jnp.dtype(dtype)))(keys)
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=ULPS * np.finfo(dtype).eps)


def test_no_numbers():
    assert normals(jax.random.key(0), (0, 4)).shape == (0, 4)
