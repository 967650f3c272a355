"""Time to precision: every bias, variance and zeta of a grid to a relative standard error of 0.5%.

The grid: 10 values of n times 10 of m around d, four qualities and three noise levels.  We run until
the error bars are that small, compilation included.  For the peers this would take days: their
time is (measured time of a fit) x (fits needed), where one fit has a measured relative spread s of
each part, and the worst part needs (s / 0.005)^2 fits.

Peers do one draw, one fit and one error.  To see the parts they fit one draw to three columns of
labels (signal, noise, shift), which is the cheapest way to have them; "shared" peers moreover
see that qualities and noises are factors, as we do.
"""

import time
from collections.abc import Callable, Iterator

import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.peers import Setting, numpy_errors, sklearn_errors
from benchmarks.rows import Row
from benchmarks.simulation import problem
from benchmarks.timing import Timing, summary
from simulations.simulate import simulate_draws

PRECISION = 0.005
QUALITIES, NOISES = (0.1, 0.25, 0.5, 1.0), (0.05, 0.1, 0.2)
# Draws at a time, and fits from which the spread of a peer is measured.
BATCH, FITS = 512, 200


def rows(quick: bool) -> Iterator[Row]:
    """One row for each contender; the seconds are those of the whole grid."""
    d, sizes = (40, 2) if quick else (100, 10)
    around = np.unique((np.geomspace(0.3, 3, sizes) * d).round(-1).astype(int))
    grid = [Setting(d, int(n), int(m)) for n in around for m in around]
    started = time.perf_counter()
    seeds = [_until_precise(at) for at in track(grid, "precision, ours", console=Console(stderr=True))]
    ours = time.perf_counter() - started
    size = f"d = {d}, {len(grid)} points (n, m), 4 qualities, 3 noises"
    note = f"{np.mean(seeds):.0f} seeds a point, measured"
    yield Row("time to 0.5%, s", size, "ours", ours, ours, ours, 1.0, 1.0, 1.0, note)
    some = grid if quick else grid[:: max(1, len(grid) // 25)]
    for name, errors in (("NumPy", numpy_errors), ("scikit-learn", sklearn_errors)):
        watched = track(some, f"precision, {name}", console=Console(stderr=True))
        needed = [_fits_and_seconds(errors, at) for at in watched]
        fits = np.mean([fits for fits, _ in needed])
        for sharing, problems in (("", len(QUALITIES) * len(NOISES)), (", shared", 1)):
            # Seconds of the grid from each of three thirds of the fits: their spread.
            totals = len(grid) * problems * np.mean([count * time for count, time in needed], axis=0)
            seconds = summary(totals)
            ratios = Timing(*(value / ours for value in seconds))
            note = f"{fits * problems:.0f} fits a point, extrapolated"
            yield Row("time to 0.5%, s", size, name + sharing, *seconds[:3], *ratios[:3], note)


def _until_precise(at: Setting) -> int:
    """Seeds after which each part of each quality and noise is as precise as wanted."""
    drawn: list[np.ndarray] = []
    while True:
        draws = simulate_draws(problem(at), seeds=BATCH, key=len(drawn))
        drawn.append(draws.risks)
        estimate = draws._replace(risks=np.concatenate(drawn)).estimate(at.ridge)
        mean, stderr = estimate.mean, estimate.stderr
        # The same for every quality and noise: they are factors.
        parts = ((stderr.bias, mean.bias), (stderr.variance, mean.variance), (stderr.zeta, mean.zeta))
        if all(error <= PRECISION * value for error, value in parts):
            return estimate.seeds


def _fits_and_seconds(errors: Callable[..., np.ndarray], at: Setting) -> tuple[float, np.ndarray]:
    """Fits that a peer needs at one setting, and the seconds of a fit in three thirds of a trial."""
    rng = np.random.default_rng(at.n * 1000 + (at.m or 0))
    errors(rng, at, parts=True)
    thirds, found = [], []
    for _ in range(3):
        started = time.perf_counter()
        found += [errors(rng, at, parts=True) for _ in range(FITS // 3)]
        thirds.append((time.perf_counter() - started) / (FITS // 3))
    spread = np.std(found, axis=0, ddof=1) / np.mean(found, axis=0)
    return float((spread.max() / PRECISION) ** 2), np.array(thirds)
