"""Time to precision: every bias, variance and zeta of a grid to a relative standard error of 0.5%.

The grid: 10 values of n times 10 of m around d, four qualities and three noise levels, once with one
synthetic fraction and once with five.  We run until the error bars are that small, compilation
included.  For the peers this would take days: their time is (measured time of a fit) x (fits needed),
where one fit has a measured relative spread s of each part, and the worst part needs (s / 0.005)^2 fits.

Peers do one draw, one fit and one error.  To see the parts they fit one draw to three columns of
labels (signal, noise, shift), which is the cheapest way to have them; "shared" peers moreover
see that qualities and noises are factors, as we do.
"""

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import jax
import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.peers import numpy_errors, sklearn_errors
from benchmarks.rows import Row
from benchmarks.setting import TRIAL_SEEDS, TRIALS, Setting
from benchmarks.timing import Timing, summary
from simulations.seeds import Estimate
from simulations.simulate import simulate_draws

QUALITIES, NOISES = (0.1, 0.25, 0.5, 1.0), (0.05, 0.1, 0.2)
# Synthetic fractions, of which tens have whole numbers: that of the setting alone, then an axis of them.
SHARES = ((0.2,), (0.1, 0.2, 0.3, 0.4, 0.5))


class Effort(NamedTuple):
    """A relative standard error, and what it takes to get there and to know what peers need."""

    precision: float
    batch: int  # draws at a time
    fits: int  # of a peer at a setting, from which its spread is measured


FULL, TRIAL = Effort(0.005, 64, 200), Effort(0.05, TRIAL_SEEDS, 12)


def rows(quick: bool) -> Iterator[Row]:
    """One row for each contender and axis of p_2; the seconds are those of the whole grid."""
    effort = TRIAL if quick else FULL
    grid = TRIALS if quick else _grid(100, np.geomspace(30, 300, 10))
    for shares in SHARES:
        yield from _race(grid, shares, effort)


def _race(grid: list[Setting], shares: tuple[float, ...], effort: Effort) -> Iterator[Row]:
    jax.clear_caches()  # compiling counts
    started = time.perf_counter()
    points = track(grid, f"precision, ours, {len(shares)} p₂", console=Console(stderr=True))
    seeds = [_until_precise(at, shares, effort) for at in points]
    ours = time.perf_counter() - started
    section = f"time to {100 * effort.precision:g}%, s"
    size = f"d = {grid[0].d}, {len(grid)} points (n, m), {len(shares)} p₂, 4 qualities, 3 noises"
    note = f"{np.mean(seeds):.0f} seeds a point, measured"
    yield Row(section, size, "ours", ours, ours, ours, 1.0, 1.0, 1.0, note)
    sample = [
        at._replace(synthetic_fraction=p) for at in grid[:: max(1, len(grid) // 25)] for p in shares
    ]
    for name, errors in (("NumPy", numpy_errors), ("scikit-learn", sklearn_errors)):
        watched = track(sample, f"precision, {name}", console=Console(stderr=True))
        needed = [_fits_and_seconds(errors, at, effort) for at in watched]
        fits = np.mean([fits for fits, _ in needed])
        for sharing, problems in (("", len(QUALITIES) * len(NOISES)), (", shared", 1)):
            problems *= len(shares)
            # Seconds of the grid from each of three thirds of the fits: their spread.
            totals = len(grid) * problems * np.mean([count * time for count, time in needed], axis=0)
            seconds = summary(totals)
            ratios = Timing(*(value / ours for value in seconds))
            note = f"{fits * problems:.0f} fits a point, extrapolated"
            yield Row(section, size, name + sharing, *seconds[:3], *ratios[:3], note)


def _grid(d: int, sizes: np.ndarray) -> list[Setting]:
    """All pairs (n, m) of these sizes, in tens."""
    tens = np.unique(sizes.round(-1).astype(int)).tolist()
    return [Setting(d, n, m) for n in tens for m in tens]


def _until_precise(at: Setting, shares: tuple[float, ...], effort: Effort) -> int:
    """Seeds after which each part of each share, quality and noise is as precise as wanted.

    Draws serve all shares, and the precision is the same for every quality and noise: they are factors.
    """
    drawn: list[np.ndarray] = []
    while True:
        draws = simulate_draws(at.problem, seeds=effort.batch, key=len(drawn))
        drawn.append(draws.terms)
        draws = draws._replace(terms=np.concatenate(drawn))
        counts = (at._replace(synthetic_fraction=share).counts for share in shares)
        estimates = [draws.relabelled(count).estimate(at.ridge) for count in counts]
        if all(_is_precise(estimate, effort.precision) for estimate in estimates):
            return len(draws.terms)


def _is_precise(estimate: Estimate, precision: float) -> bool:
    mean, stderr = estimate.mean, estimate.stderr
    parts = ((stderr.bias, mean.bias), (stderr.variance, mean.variance), (stderr.zeta, mean.zeta))
    return all(error <= precision * value for error, value in parts)


def _fits_and_seconds(
    errors: Callable[..., np.ndarray], at: Setting, effort: Effort
) -> tuple[float, np.ndarray]:
    """Fits that a peer needs at one setting, and the seconds of a fit in three thirds of a trial."""
    rng = np.random.default_rng(at.n * 1000 + (at.m or 0))
    errors(rng, at, parts=True)
    thirds, fits, third = [], [], effort.fits // 3
    for _ in range(3):
        started = time.perf_counter()
        fits += [errors(rng, at, parts=True) for _ in range(third)]
        thirds.append((time.perf_counter() - started) / third)
    spread = np.std(fits, axis=0, ddof=1) / np.mean(fits, axis=0)
    return float((spread.max() / effort.precision) ** 2), np.array(thirds)
