"""Cost per seed of a simulation, against one draw and one fit in NumPy and in scikit-learn."""

from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.peers import numpy_errors, sklearn_errors
from benchmarks.rows import Row, compare
from benchmarks.setting import TRIAL_SEEDS, TRIALS, Setting
from benchmarks.timing import side_by_side
from simulations import simulate

# Rows of a peer beyond this would not fit the memory.
MOST_ROWS = 10**6


def rows(quick: bool) -> Iterator[Row]:
    """One row for each size and contender; the seconds are those of one seed."""
    if quick:
        for at in TRIALS:
            yield from _one(at, 2, TRIAL_SEEDS, fits=2)
        return
    sizes = [(100, None), (100, 100), (500, 100), (500, 500), (500, 1000), (1000, 100), (1000, 1000)]
    near = [(Setting(d, d, m), 7) for d, m in sizes]
    far = [(Setting(100, 10**exponent, m), 3) for exponent in range(3, 10) for m in (None, 100)]
    for at, rounds in near + far:
        seeds = max(8, int(256 * (100 / at.d) ** 2.5))
        # Enough fits that the clock is not what is measured.
        fits = max(1, int(3e7 / (at.n * at.d + at.d**2.5)) // 10)
        yield from _one(at, rounds, seeds, fits)


def _one(at: Setting, rounds: int, seeds: int, fits: int) -> Iterator[Row]:
    question, rng = at.problem, np.random.default_rng(0)

    def ours(measure: str) -> Callable[[], float]:
        return lambda: simulate(question, seeds, measure=measure).seeds

    def peer(errors: Callable[..., np.ndarray]) -> Callable[[], float]:
        return lambda: len([errors(rng, at, parts=False) for _ in range(fits)])

    contenders = {"ours, averaged": ours("averaged"), "ours, one model": ours("trained")}
    if at.n <= MOST_ROWS:
        contenders |= {"NumPy": peer(numpy_errors), "scikit-learn": peer(sklearn_errors)}
    timings = side_by_side(contenders, rounds, f"simulation, {at}")
    section = "simulation at n = d, s a seed" if at.n == at.d else "simulation over n, s a seed"
    yield from compare(section, str(at), timings)
