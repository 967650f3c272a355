"""Cost per seed of a simulation, against one draw and one fit in NumPy and in scikit-learn."""

from collections.abc import Callable, Iterator

import numpy as np

import collapse_theory as ct
from benchmarks.peers import Setting, numpy_errors, sklearn_errors
from benchmarks.rows import Row, compare
from benchmarks.timing import side_by_side
from simulations import simulate

# Rows of a peer beyond this would not fit the memory.
MOST_ROWS = 10**6


def rows(quick: bool) -> Iterator[Row]:
    """One row for each size and contender; the seconds are those of one seed."""
    near = [Setting(100, 100, None), Setting(100, 100, 100)]
    if not quick:
        near += [Setting(500, 500, 100), Setting(500, 500, 500), Setting(500, 500, 1000)]
        near += [Setting(1000, 1000, 100), Setting(1000, 1000, 1000)]
    for at in near:
        yield from _one(at, 3 if quick else 7)
    for exponent in (3, 4) if quick else range(3, 10):
        for m in (None, 100):
            yield from _one(Setting(100, 10**exponent, m), 3)


def problem(at: Setting) -> ct.Problem:
    """The problem of a setting."""
    return ct.real_and_synthetic(
        n=at.n,
        synthetic_fraction=at.synthetic_fraction,
        covariance=ct.spectra.isotropic(at.d),
        quality=at.quality,
        noise=at.noise,
        ridge=at.ridge,
        width=at.m,
    )


def _one(at: Setting, rounds: int) -> Iterator[Row]:
    question, rng = problem(at), np.random.default_rng(0)
    seeds = max(8, int(256 * (100 / at.d) ** 2.5))

    def ours(measure: str) -> Callable[[], float]:
        return lambda: simulate(question, seeds, measure=measure).seeds

    def peer(errors: Callable[..., np.ndarray]) -> Callable[[], float]:
        # Enough fits that the clock is not what is measured.
        fits = max(1, int(3e7 / (at.n * at.d + at.d**2.5)) // 10)
        return lambda: len([errors(rng, at, parts=False) for _ in range(fits)])

    contenders = {"ours, averaged": ours("averaged"), "ours, one model": ours("trained")}
    if at.n <= MOST_ROWS:
        contenders |= {"NumPy": peer(numpy_errors), "scikit-learn": peer(sklearn_errors)}
    size = f"d = {at.d}, n = {at.n}, m = {at.m or 'none'}"
    timings = side_by_side(contenders, rounds, f"simulation, {size}")
    section = "simulation at n = d, s a seed" if at.n == at.d else "simulation over n, s a seed"
    yield from compare(section, size, timings)
