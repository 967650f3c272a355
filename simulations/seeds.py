"""Many independent draws of one measurement: keys, chunks and devices, means and standard errors."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from rich.console import Console
from rich.progress import track

from collapse_theory import Risk, StandardErrors
from simulations.rank import tolerated
from workbench.threads import one_lapack_thread

# (key, plan, constants, rank_revealing) -> the parts of one draw, and by how much each column of them
# amplifies rounding; constants are `Constants`, or arrays of several problems with `ridges`
Measure = Callable[[Any, Any, Any, bool], tuple[Array, Array]]
SMALLEST = -1e-6  # of a part that is >= 0 but for rounding, as a share of the risk
Number = float | int | np.number  # what a user may write; where it is used it is checked


class Estimate(NamedTuple):
    """Mean risk over `seeds` independent draws and the standard error of each of its numbers."""

    mean: Risk
    stderr: StandardErrors
    seeds: int


def over_seeds(
    measure: Measure,
    plan: Any,
    constants: Any,
    bytes_per_seed: Number,
    seeds: Number,
    key: Number,
    memory: Number,
    progress: bool | Callable[[int], object],
) -> Float[np.ndarray, "seeds parts *shape"]:
    """measure(fold_in(key, s), plan, constants) for every seed s, as many at a time as memory holds.

    Draws that amplify rounding too much to be trusted are measured again, with their rank revealed.

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
    most = int(memory / need)
    seeds = int(seeds)
    everything = np.arange(seeds)
    run = partial(_by_chunks, measure=measure, plan=plan, constants=constants, key=int(key))
    risks, rounding = run(everything, chunk=devices * min(most, -(-seeds // devices)), progress=progress)
    # Not a number is not trusted either.
    doubtful = ~(rounding <= tolerated(constants.ridges.dtype))
    again = everything[doubtful.reshape(seeds, -1).any(axis=1)]
    if again.size:
        # Few shapes: how many draws are singular is random.  Singular vectors take memory of their own.
        chunk = devices * max(1, min(most // 2, 2 ** math.ceil(math.log2(again.size / devices))))
        careful, _ = run(again, chunk=chunk, progress=False, rank_revealing=True)
        risks[again] = np.where(doubtful[again][:, None], careful, risks[again])
    return risks


def _by_chunks(
    seeds: Int[np.ndarray, " seeds"],
    *,
    measure: Measure,
    plan: Any,
    constants: Any,
    key: int,
    chunk: int,
    progress: bool | Callable[[int], object],
    rank_revealing: bool = False,
) -> tuple[Float[np.ndarray, "seeds parts *shape"], Float[np.ndarray, "seeds ..."]]:
    """The measurements of these seeds, `chunk` of them at a time."""
    pieces = []
    stderr = Console(stderr=True)
    starts = range(0, len(seeds), chunk)
    for start in track(starts, "simulating", console=stderr, disable=progress is not True):
        # The last chunk is filled up with seeds that are thrown away: one shape, one compilation.
        index = np.resize(seeds[start : start + chunk], chunk)
        # LAPACK's threads, while they wait for more work, take the cores from XLA's.
        with one_lapack_thread():
            measured = _chunk(jnp.asarray(index), key, plan, constants, measure, rank_revealing)
            jax.block_until_ready(measured)
        pieces.append([np.asarray(array, dtype=float) for array in measured])
        if callable(progress):
            progress(min(chunk, len(seeds) - start))
    risks, rounding = (np.concatenate(arrays)[: len(seeds)] for arrays in zip(*pieces, strict=True))
    return risks, rounding


@partial(jax.jit, static_argnames=("plan", "measure", "rank_revealing"))
def _chunk(
    index: Int[Array, " chunk"],
    key: Int[Array, ""] | int,
    plan: Any,
    constants: Any,
    measure: Measure,
    rank_revealing: bool = False,
) -> tuple[Float[Array, "chunk parts *shape"], Float[Array, "chunk ..."]]:
    """The measurements of one chunk of seeds, spread over the local devices."""
    root = jax.random.key(key)

    def one(seed: Int[Array, ""]) -> tuple[Array, Array]:
        return measure(jax.random.fold_in(root, seed), plan, constants, rank_revealing)

    mesh = jax.sharding.Mesh(jax.local_devices(), ("seeds",))
    spec = jax.sharding.PartitionSpec("seeds")
    # Loops that start from constants do not know yet that they differ between devices.
    return jax.shard_map(jax.vmap(one), mesh=mesh, in_specs=spec, out_specs=spec, check_vma=False)(index)


def summarise(risks: Float[np.ndarray, "seeds parts *shape"], correlated: bool = False) -> Estimate:
    """Means and standard errors; a total's error is not the sum of its parts' errors.

    The parts are bias, variance and zeta, or one total.  Where shifts are `correlated` with the signal,
    zeta may be negative.  Raises ArithmeticError if a part is not finite, or negative beyond rounding.
    """
    total = risks.sum(axis=1)
    names = ("bias", "variance", "zeta") if risks.shape[1] > 1 else ("total",)
    parts = dict(zip(names, np.moveaxis(risks, 1, 0), strict=True))
    scale = np.abs(risks).sum(axis=1)
    for name, values in (parts | {"total": total}).items():
        _refuse(name, values, ~np.isfinite(values), "rows that are not finite, or numbers out of range")
        if name != "zeta" or not correlated:
            _refuse(name, values, values < SMALLEST * scale, "rounding exceeds it, which is a defect")

    stderr = {
        name: draws.std(axis=0, ddof=1) / np.sqrt(len(draws))
        for name, draws in (parts | {"total": total}).items()
    }
    if len(parts) == 1:
        errors = StandardErrors(None, None, None, stderr["total"])
        return Estimate(Risk(None, None, None, whole=total.mean(axis=0)), errors, len(risks))
    mean = Risk(*(draws.mean(axis=0) for draws in parts.values()))
    return Estimate(mean, StandardErrors(**stderr), len(risks))


def _refuse(name: str, values: np.ndarray, bad: np.ndarray, cause: str) -> None:
    """The one error for parts that no risk has."""
    if bad.any():
        seeds = np.flatnonzero(bad.reshape(len(bad), -1).any(axis=1))
        value = values[seeds[0]][bad[seeds[0]]].ravel()[0]
        raise ArithmeticError(
            f"{name} = {value:.3g} at seed {seeds[0]}, {len(seeds)} of {len(bad)} draws: {cause}"
        )
