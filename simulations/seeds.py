"""Many independent draws of one measurement: keys, chunks and devices, means and standard errors."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from rich.console import Console
from rich.progress import track

from collapse_theory import Risk, StandardErrors
from simulations.training import Constants

Measure = Callable[[Any, Any, Constants], Array]  # (key, plan, constants) -> parts of one draw


class Estimate(NamedTuple):
    """Mean risk over `seeds` independent draws and the standard error of each of its numbers."""

    mean: Risk
    stderr: StandardErrors
    seeds: int


def over_seeds(
    measure: Measure,
    plan: Any,
    constants: Constants,
    bytes_per_seed: float,
    seeds: int,
    key: int,
    memory: float,
    progress: bool | Callable[[int], object],
) -> Float[np.ndarray, "seeds parts *shape"]:
    """measure(fold_in(key, s), plan, constants) for every seed s, as many at a time as memory holds.

    `measure` and `plan` are static: one compilation for all chunks, whatever the constants.  Raises
    ValueError for seeds, a key or a memory out of range.
    """
    if isinstance(seeds, bool) or not isinstance(seeds, int | np.integer) or seeds < 2:
        raise ValueError(f"seeds = {seeds!r}: expected a whole number >= 2")
    if isinstance(key, bool) or not isinstance(key, int | np.integer) or not 0 <= key < 2**63:
        raise ValueError(f"key = {key!r}: expected a whole number in [0, 2^63)")
    devices = len(jax.local_devices())
    need = bytes_per_seed * devices
    if need > memory:
        expected = f"at least {need:.2g} bytes, what one seed a device needs"
        raise ValueError(f"memory = {memory:.2g}: expected {expected}")
    chunk = min(int(memory / need), -(-seeds // devices))
    chunk *= devices
    # The last chunk is filled up with seeds that are thrown away: one shape, one compilation.
    starts = range(0, seeds, chunk)
    risks = []
    stderr = Console(stderr=True)
    for start in track(starts, "simulating", console=stderr, disable=progress is not True):
        index = jnp.arange(start, start + chunk)
        risks.append(np.asarray(_chunk(index, key, plan, constants, measure), dtype=float))
        if callable(progress):
            progress(min(chunk, seeds - start))
    return np.concatenate(risks)[:seeds]


@partial(jax.jit, static_argnames=("plan", "measure"))
def _chunk(
    index: Array, key: Array, plan: Any, constants: Constants, measure: Measure
) -> Float[Array, "chunk parts *shape"]:
    """The risks of some seeds, spread over the local devices."""
    root = jax.random.key(key)

    def one(seed: Array) -> Array:
        return measure(jax.random.fold_in(root, seed), plan, constants)

    mesh = jax.sharding.Mesh(jax.local_devices(), ("seeds",))
    spec = jax.sharding.PartitionSpec("seeds")
    # Loops that start from constants do not know yet that they differ between devices.
    return jax.shard_map(jax.vmap(one), mesh=mesh, in_specs=spec, out_specs=spec, check_vma=False)(index)


def summarise(risks: Float[np.ndarray, "seeds parts *shape"]) -> Estimate:
    """Means and standard errors; a total's error is not the sum of its parts' errors.

    The parts are bias, variance and zeta, or one total.  Raises ArithmeticError if any is not finite.
    """
    finite = np.isfinite(risks).reshape(len(risks), -1).all(axis=1)
    if not finite.all():
        raise ArithmeticError(
            f"{(~finite).sum()} of {len(risks)} seeds gave no finite risk: "
            "the training problem is singular to rounding; use a larger ridge or float64"
        )
    total = risks.sum(axis=1)

    def stderr(draws: np.ndarray) -> np.ndarray:
        return draws.std(axis=0, ddof=1) / np.sqrt(len(draws))

    if risks.shape[1] == 1:
        whole = Risk(None, None, None, whole=total.mean(axis=0))
        return Estimate(whole, StandardErrors(None, None, None, stderr(total)), len(risks))
    bias, variance, zeta = np.moveaxis(risks, 1, 0)
    mean = Risk(*(part.mean(axis=0) for part in (bias, variance, zeta)))
    errors = StandardErrors(*(stderr(draws) for draws in (bias, variance, zeta, total)))
    return Estimate(mean, errors, len(risks))
