"""`simulate(problem)`: the mean risk over many draws, with its standard error."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from rich.console import Console
from rich.progress import track

from collapse_theory import Problem, Risk
from simulations.measure import averaged, trained
from simulations.plan import Features, plan_simulation
from simulations.training import Constants, Plan

MEASURES = {"averaged": averaged, "trained": trained}


class Estimate(NamedTuple):
    """Mean risk over `seeds` independent draws and the standard error of each of its numbers."""

    mean: Risk
    stderr: Risk
    seeds: int


def simulate(
    problem: Problem,
    seeds: int = 64,
    key: int = 0,
    *,
    measure: str = "averaged",
    features: Features = "gaussian",
    dtype: Any = jnp.float64,
    memory: float = 2**32,
    progress: bool | Callable[[int], object] = False,
) -> Estimate:
    """Risk of ridge regression trained on freshly drawn data, averaged over `seeds` draws.

    Every draw has exactly the law of training on n_k rows per source: see `training.draw` for why it
    nevertheless costs O(q^3), q = min(d, m), for any n (Gaussian features).

    - `measure`: "averaged" takes the expectation over signal, shifts and label noise exactly, given
      the features, so that bias, variance and zeta each have a small error bar; "trained" draws
      them too and measures one trained model a seed, which gives a total only;
    - `features`: "gaussian", "rademacher", "student-t", a function (key, shape, dtype) -> iid entries
      of mean 0 and variance 1, or an array of rows (N, d), from which training rows are drawn with
      replacement; all but the first draw n_k x d numbers a seed;
    - `key`: seed s uses fold_in(key, s): the numbers depend neither on chunks nor on devices;
    - `memory`: bytes that one chunk of seeds may use; `progress`: a bar on stderr, or a function
      that is told how many seeds have been done.

    Raises ValueError for arguments out of range, and ArithmeticError if a risk is not finite.
    """
    if measure not in MEASURES:
        raise ValueError(f"measure = {measure!r}: expected one of {', '.join(MEASURES)}")
    if isinstance(seeds, bool) or not isinstance(seeds, int | np.integer) or seeds < 2:
        raise ValueError(f"seeds = {seeds!r}: expected a whole number >= 2")
    if isinstance(key, bool) or not isinstance(key, int | np.integer) or not 0 <= key < 2**63:
        raise ValueError(f"key = {key!r}: expected a whole number in [0, 2^63)")
    plan, constants = plan_simulation(problem, features, jnp.dtype(dtype))
    risks = _run(plan, constants, measure, seeds, key, memory, progress)
    if not np.isfinite(risks).all():
        raise ArithmeticError(
            f"{(~np.isfinite(risks).all(axis=1)).sum()} of {seeds} seeds gave no finite risk: "
            "the training problem is singular to rounding; use a larger ridge or float64"
        )
    return _summarise(risks)


def _run(
    plan: Plan,
    constants: Constants,
    measure: str,
    seeds: int,
    key: int,
    memory: float,
    progress: bool | Callable[[int], object],
) -> Float[np.ndarray, "seeds parts"]:
    devices = len(jax.local_devices())
    need = _bytes_per_seed(plan, constants) * devices
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
    index: Array, key: Array, plan: Plan, constants: Constants, measure: str
) -> Float[Array, "chunk parts"]:
    """The risks of some seeds, spread over the local devices."""
    root = jax.random.key(key)

    def one(seed: Array) -> Array:
        return MEASURES[measure](jax.random.fold_in(root, seed), plan, constants)

    mesh = jax.sharding.Mesh(jax.local_devices(), ("seeds",))
    spec = jax.sharding.PartitionSpec("seeds")
    return jax.shard_map(jax.vmap(one), mesh=mesh, in_specs=spec, out_specs=spec)(index)


def _bytes_per_seed(plan: Plan, constants: Constants) -> float:
    """A count of the arrays alive at once in one draw: raw rows, then rows, maps and Gram matrices."""
    d = constants.covariances.shape[-1]
    q = d if plan.width is None else plan.width
    numbers = sum(plan.counts or ()) * d + 2 * sum(plan.rows) * (q + d) + 4 * q * q
    if plan.width is not None:
        numbers += 2 * d * (d + q)
    return float(numbers * plan.dtype.itemsize)


def _summarise(risks: Float[np.ndarray, "seeds parts"]) -> Estimate:
    """Means and standard errors; a total's error is not the sum of its parts' errors."""
    total = risks.sum(axis=1)
    columns = [*risks.T, total] if risks.shape[1] > 1 else [None, None, None, total]
    root = np.sqrt(len(risks))
    return Estimate(
        mean=Risk(*(None if c is None else c.mean() for c in columns)),
        stderr=Risk(*(None if c is None else c.std(ddof=1) / root for c in columns)),
        seeds=len(risks),
    )
