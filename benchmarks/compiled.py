"""The compiled program of many seeds: its time, and what the compiler counts in it."""

from typing import Any, NamedTuple

import jax.numpy as jnp

from benchmarks.setting import Setting
from benchmarks.timing import best
from simulations.measure import averaged
from simulations.plan import plan_simulation
from simulations.seeds import _chunk


class Seed(NamedTuple):
    """What one seed costs, the program being compiled."""

    seconds: float
    operations: float
    bytes_moved: float


def cost_of_a_seed(at: Setting, seeds: int, dtype: str = "float64", rounds: int = 5) -> Seed:
    """The cost of a seed where `seeds`, a multiple of the number of devices, are computed at once."""
    plan, constants = plan_simulation(at.problem, "gaussian", jnp.dtype(dtype))
    index = jnp.arange(seeds)
    program = _chunk.lower(index, 0, plan, constants, averaged, rank_revealing=False).compile()
    analysis: Any = program.cost_analysis()
    counted = analysis[0] if isinstance(analysis, list) else analysis
    seconds = best(lambda: program(index, 0, constants), rounds=rounds)
    return Seed(seconds / seeds, counted["flops"] / seeds, counted["bytes accessed"] / seeds)
