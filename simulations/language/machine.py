"""What this machine can do: the rate that the training of models is compared with."""

import time
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np

SIDE, REPEATS = 2048, 5  # of the matrix product that the machine is measured by


@cache
def matrix_rate(dtype: str) -> float:
    """Floating-point operations a second that a large matrix product reaches here."""
    a = jnp.ones((SIDE, SIDE), dtype)
    product = jax.jit(lambda a: a @ a)
    product(a).block_until_ready()
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        product(a).block_until_ready()
        times.append(time.perf_counter() - started)
    return float(2 * SIDE**3 / np.median(times))
