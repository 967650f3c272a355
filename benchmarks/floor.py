"""What the machine could do, what a seed needs, and how costs grow."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.peers import Setting
from benchmarks.simulation import problem
from simulations import simulate
from simulations.measure import averaged
from simulations.plan import plan_simulation
from simulations.seeds import _chunk
from simulations.whiten import whiten


class Fact(NamedTuple):
    """One measured number."""

    what: str
    size: str
    value: float
    unit: str


def rows(quick: bool) -> Iterator[Fact]:
    """Rates of the machine, needs of a seed, exponents of growth and peak memory."""
    for q in (100,) if quick else (100, 500, 1000):
        yield from rates(q)
    for d in (100,) if quick else (100, 500, 1000):
        for m in (None, d):
            yield from needs(Setting(d, d, m))
    yield from growth(quick)
    if not quick:
        yield from memory()


def rates(q: int) -> Iterator[Fact]:
    """Flops a second of batched matrix products and two ways to the inverse of a factor."""
    count = max(2, int(2e6 / q**2))
    A = jax.random.normal(jax.random.key(0), (count, q, q))
    gram = A @ A.mT / q + jnp.eye(q)[None]

    def lapack(S: jax.Array) -> jax.Array:
        return jax.scipy.linalg.solve_triangular(jnp.linalg.cholesky(S), jnp.eye(q), lower=True)

    product = best(jax.jit(lambda a: a @ a), A)
    yield Fact("matrix product", f"q = {q}", 2 * q**3 * count / product / 1e9, "Gflop/s")
    factor = best(jax.jit(jnp.linalg.cholesky), gram)
    yield Fact("Cholesky (LAPACK)", f"q = {q}", q**3 / 3 * count / factor / 1e9, "Gflop/s")
    inverse = best(jax.jit(jax.vmap(lapack)), gram)
    yield Fact("inverse factor (LAPACK)", f"q = {q}", 1e6 * inverse / count, "us a matrix")
    blocks = best(jax.jit(jax.vmap(whiten)), gram)
    yield Fact("inverse factor (whiten)", f"q = {q}", 1e6 * blocks / count, "us a matrix")
    spectral = best(jax.jit(jnp.linalg.eigh), gram)
    yield Fact("eigendecomposition (LAPACK)", f"q = {q}", 1e6 * spectral / count, "us a matrix")
    normals = best(jax.jit(lambda key: jax.random.normal(key, (count, q, q))), jax.random.key(0))
    yield Fact("normal numbers", f"q = {q}", normals / count / q**2 * 1e9, "ns a number")


def needs(at: Setting) -> Iterator[Fact]:
    """What the compiler counts for a seed, and the part of a matrix product's rate it runs at."""
    size = f"d = n = {at.d}, m = {at.m or 'none'}"
    plan, constants = plan_simulation(problem(at), "gaussian", jnp.dtype(float))
    seeds = max(8, int(256 * (100 / at.d) ** 2.5))
    compiled = _chunk.lower(jnp.arange(seeds), 0, plan, constants, averaged).compile()
    analysis: Any = compiled.cost_analysis()
    cost = analysis[0] if isinstance(analysis, list) else analysis
    seconds = best(lambda index: compiled(index, 0, constants), jnp.arange(seeds)) / seeds
    yield Fact("operations", size, cost["flops"] / seeds / 1e6, "Mflop a seed")
    yield Fact("bytes moved", size, cost["bytes accessed"] / seeds / 1e6, "MB a seed")
    yield Fact("time", size, seconds * 1e3, "ms a seed")
    yield Fact("rate", size, cost["flops"] / seeds / seconds / 1e9, "Gflop/s")


def growth(quick: bool) -> Iterator[Fact]:
    """Exponents of cost ~ size^x, fitted over the sizes named."""
    most = 2 if quick else 8
    lines: dict[str, list[tuple[int, Setting, int]]] = {
        "n": [(n, Setting(100, n, 100), 256) for n in (10**3, 10**6, 10**9)],
        "d = n, classical": [(d, Setting(d, d, None), 24) for d in (100, 200, 50 * most)],
        "m < d = 800": [(m, Setting(800, 800, m), 12) for m in (100, 200, 50 * most)],
        "m > d = 100": [(m, Setting(100, 100, m), 256) for m in (200, 2000, 20000)],
        "seeds": [(s, Setting(100, 100, 100), s) for s in (64, 256, 128 * most)],
    }
    for name, line in lines.items():
        sizes, seconds = [], []
        for size, at, seeds in line:
            question = problem(at)
            run = lambda at=question, seeds=seeds: simulate(at, seeds)  # noqa: E731
            sizes.append(size)
            seconds.append(best(run))
        slope = np.polyfit(np.log(sizes), np.log(seconds), 1)[0]
        yield Fact("growth of time", name, float(slope), f"exponent, {sizes[0]} to {sizes[-1]}")


def memory() -> Iterator[Fact]:
    """Peak memory of a process that simulates 512 seeds at d = 300 under two budgets."""
    for budget in (0.25e9, 1e9):
        found = subprocess.run(
            [sys.executable, "-m", "benchmarks.floor", str(budget)],
            capture_output=True,
            text=True,
            check=True,
        )
        yield Fact("peak memory", f"budget {budget / 1e9:g} GB", float(found.stdout), "GB")


def peak(budget: float) -> float:
    """GB that this process has used at most, beyond what it starts with."""
    simulate(problem(Setting(20, 20, 20)), 2)
    before = _high_water()
    simulate(problem(Setting(300, 300, 300)), 512, memory=budget)
    return _high_water() - before


def _high_water() -> float:
    """Most memory this process has held, in GB, by Linux; getrusage's number would be the parent's."""
    (line,) = [row for row in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in row]
    return float(line.split()[1]) * 1024 / 1e9


def best(function: Callable[..., object], *arguments: object, rounds: int = 5) -> float:
    """Least seconds of a call, after one that compiles."""
    seconds = []
    for _ in range(rounds + 1):
        started = time.perf_counter()
        jax.block_until_ready(function(*arguments))
        seconds.append(time.perf_counter() - started)
    return min(seconds[1:])


if __name__ == "__main__":
    print(peak(float(sys.argv[1])))
