"""What the machine could do, what a seed needs, and how costs grow."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.command import Fact
from benchmarks.compiled import cost_of_a_seed
from benchmarks.setting import TRIAL_SEEDS, TRIALS, Setting
from benchmarks.timing import best
from collapse_theory.equivalent.whiten import whiten
from simulations import simulate


def rows(quick: bool) -> Iterator[Fact]:
    """Rates of the machine, needs of a seed, exponents of growth and peak memory."""
    for q in (50,) if quick else (100, 500, 1000):
        yield from rates(q)
    if quick:
        yield from needs(TRIALS[0], TRIAL_SEEDS)
        yield from growth({"n": [(at.n, at, TRIAL_SEEDS) for at in TRIALS]}, rounds=2)
        return
    for d in (100, 500, 1000):
        for m in (None, d):
            yield from needs(Setting(d, d, m), max(8, int(256 * (100 / d) ** 2.5)))
    yield from growth(LINES, rounds=5)
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


def needs(at: Setting, seeds: int) -> Iterator[Fact]:
    """What the compiler counts for a seed, and the part of a matrix product's rate it runs at."""
    cost = cost_of_a_seed(at, seeds)
    yield Fact("operations", str(at), cost.operations / 1e6, "Mflop a seed")
    yield Fact("bytes moved", str(at), cost.bytes_moved / 1e6, "MB a seed")
    yield Fact("time", str(at), cost.seconds * 1e3, "ms a seed")
    yield Fact("rate", str(at), cost.operations / cost.seconds / 1e9, "Gflop/s")


# What grows: its size, the setting and the seeds.
Line = list[tuple[int, Setting, int]]
LINES: dict[str, Line] = {
    "n": [(n, Setting(100, n, 100), 256) for n in (10**3, 10**6, 10**9)],
    "d = n, classical": [(d, Setting(d, d, None), 24) for d in (100, 200, 400)],
    "m < d = 800": [(m, Setting(800, 800, m), 12) for m in (100, 200, 400)],
    "m > d = 100": [(m, Setting(100, 100, m), 256) for m in (200, 2000, 20000)],
    "seeds": [(seeds, Setting(100, 100, 100), seeds) for seeds in (64, 256, 1024)],
}


def growth(lines: dict[str, Line], rounds: int) -> Iterator[Fact]:
    """Exponents of cost ~ size^x, fitted over the sizes of a line."""
    for name, line in lines.items():
        sizes = [size for size, _, _ in line]
        seconds = [best(simulate, at.problem, seeds, rounds=rounds) for _, at, seeds in line]
        slope = np.polyfit(np.log(sizes), np.log(seconds), 1)[0]
        yield Fact("growth of time", name, float(slope), f"exponent, {sizes[0]} to {sizes[-1]}")


def memory() -> Iterator[Fact]:
    """Peak memory of a process that simulates 512 seeds at d = 300 under two budgets."""
    for budget in (0.25e9, 1e9):
        child = subprocess.run(
            [sys.executable, "-m", "benchmarks.floor", str(budget)],
            capture_output=True,
            text=True,
            check=True,
        )
        yield Fact("peak memory", f"budget {budget / 1e9:g} GB", float(child.stdout), "GB")


def peak(budget: float, d: int = 300, seeds: int = 512) -> float:
    """GB that this process has used at most, beyond what it starts with."""
    simulate(Setting(20, 20, 20).problem, 2)
    before = _high_water()
    simulate(Setting(d, d, d).problem, seeds, memory=budget)
    return _high_water() - before


def _high_water() -> float:
    """Most memory this process has held, in GB, by Linux; getrusage's number would be the parent's."""
    (line,) = [row for row in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in row]
    return float(line.split()[1]) * 1024 / 1e9


if __name__ == "__main__":
    print(peak(float(sys.argv[1]), *map(int, sys.argv[2:])))
