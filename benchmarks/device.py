"""One accelerator: seeds a second, the card's own ceilings, and which way to the inverse is faster.

    python -m benchmarks.device [--quick] [--out DIR]

Writes `device.csv` with the device's name.  On a machine without an accelerator it measures the CPU.
"""

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

import jax
import jax.numpy as jnp

from benchmarks.floor import Fact, best, rates
from benchmarks.peers import Setting
from benchmarks.simulation import problem
from simulations.measure import averaged
from simulations.plan import plan_simulation
from simulations.seeds import _chunk
from workbench.command import number_table, wide_console
from workbench.files import atomic_write


def facts(quick: bool) -> Iterator[Fact]:
    """Ceilings first, then seeds a second in both precisions."""
    for q in (100,) if quick else (100, 300, 1000):
        yield from rates(q)
    for dtype in ("float64", "float32"):
        for d in (100,) if quick else (100, 300, 1000):
            for m in (None, d // 2, d):
                yield from _seeds(Setting(d, d, m), dtype, 64 if quick else max(64, 2**27 // d**2))


def _seeds(at: Setting, dtype: str, seeds: int) -> Iterator[Fact]:
    size = f"{dtype}, d = n = {at.d}, m = {at.m or 'none'}"
    plan, constants = plan_simulation(problem(at), "gaussian", jnp.dtype(dtype))
    count = seeds - seeds % jax.local_device_count() or jax.local_device_count()
    compiled = _chunk.lower(jnp.arange(count), 0, plan, constants, averaged).compile()
    seconds = best(lambda index: compiled(index, 0, constants), jnp.arange(count))
    cost = compiled.cost_analysis()
    flops = (cost[0] if isinstance(cost, list) else cost)["flops"]
    yield Fact("seeds", size, count / seconds, "a second")
    yield Fact("rate", size, flops / seconds / 1e9, "Gflop/s")


def main(arguments: list[str] | None = None) -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.device", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one small size")
    parser.add_argument("--out", default="results/benchmarks", metavar="DIR")
    options = parser.parse_args(arguments)
    device = jax.devices()[0]
    name = f"{jax.local_device_count()} x {device.device_kind} ({device.platform})"
    table = number_table(name, "what", "size", "value", "unit", left="what")
    found = []
    for fact in facts(options.quick):
        table.add_row(fact.what, fact.size, f"{fact.value:.4g}", fact.unit)
        found.append([name, *fact])
    wide_console().print(table)
    path = Path(options.out) / "device.csv"
    path.parent.mkdir(parents=True, exist_ok=True)

    def write(partial: Path) -> None:
        with open(partial, "w", newline="") as file:
            csv.writer(file).writerows([["device", *Fact._fields], *found])

    atomic_write(path, write)


if __name__ == "__main__":
    main()
