"""The trainings that a forecast tabulates, and their rows."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from simulations.forecast.estimate import interval
from simulations.forecast.model import Forecast
from simulations.forecast.rehearsal import rehearse
from simulations.forecast.trials import measure
from workbench.records import Record

GROWTH = (0.25, 0.5, 1, 2, 4, 8, 32)  # times the rows at hand
TRAINED = (0.25, 0.5, 1)  # parts of the rows that models are trained on
MIXED = (0.1, 0.25, 0.5, 0.75, 1.0)  # parts of rows with two labels that have the synthetic one
COLUMNS = ["n_real", "n_synthetic", "weight", "ridge", "predicted", "low", "high"]
COLUMNS += ["measured", "measured_stderr", "rehearsed", "rehearsed_low", "rehearsed_high"]


class Size(NamedTuple):
    """A training that is tabulated; `ridge` None: the forecast's own choice."""

    n_real: int
    n_synthetic: int
    weight: float = 1.0
    ridge: float | None = None


class Extent(NamedTuple):
    """What decides which trainings are tabulated."""

    n_real: int
    n_synthetic: int
    paired: bool
    folds: int
    best_weight: float | None
    ridges: tuple[float, ...] | None  # None: the forecast's own choice


def forecast_sizes(extent: Extent) -> list[Size]:
    """More and fewer real rows, synthetic rows, both; and these with the best weight."""
    n, m = extent.n_real, extent.n_synthetic
    sizes = [Size(round(f * n), 0) for f in GROWTH]
    if m:
        sizes += [Size(n, round(f * m)) for f in GROWTH]
        sizes += [Size(round(f * n), round(f * m)) for f in GROWTH if f != 1]
        if extent.best_weight not in (None, 0.0, 1.0):
            sizes += [Size(n, round(f * m), extent.best_weight) for f in GROWTH]
    return _with_ridges(sizes, extent)


def trial_sizes(extent: Extent) -> list[Size]:
    """As many real rows as one fold leaves, or parts of them, with parts of the synthetic rows."""
    n, m = extent.n_real, extent.n_synthetic
    pool = n - math.ceil(n / extent.folds)
    sizes = [Size(round(f * pool), 0) for f in TRAINED]
    if extent.paired:
        sizes += [Size(pool - round(p * pool), round(p * pool)) for p in MIXED]
    elif m:
        sizes += [Size(pool, round(f * m)) for f in TRAINED]
        sizes += [Size(round(f * pool), m) for f in TRAINED[:2]]
        if extent.best_weight not in (None, 0.0, 1.0):
            sizes.append(Size(pool, m, extent.best_weight))
    return _with_ridges(sizes, extent)


def _with_ridges(sizes: list[Size], extent: Extent) -> list[Size]:
    return [
        size._replace(ridge=ridge) for size in dict.fromkeys(sizes) for ridge in extent.ridges or (None,)
    ]


def extent_of(forecast: Forecast, best_weight: float | None = None) -> Extent:
    """That of a forecast."""
    data = (forecast.n_real, forecast.n_synthetic, forecast.data_.paired)
    ridges = None if forecast.ridges_.scaled else forecast.ridges_.values
    return Extent(*data, forecast.folds, best_weight, ridges)


def forecast_row(forecast: Forecast, size: Size) -> Record:
    """The forecast of a training."""
    training = forecast.training(size.n_real, size.n_synthetic, size.weight, size.ridge)
    estimate = interval(forecast.replicates(training).real, positive=True)
    row: Record = {"ridge": training.ridge}
    row |= {"predicted": estimate.value, "low": estimate.low, "high": estimate.high}
    return {name: value for name, value in row.items() if value is not None and np.isfinite(value)}


def trial_rows(
    forecast: Forecast,
    sizes: Sequence[Size],
    progress: Callable[[float], object] = lambda share: None,
) -> list[Record]:
    """What all rows forecast for trainings, what a third of them did, and what came of it."""
    trainings = [forecast.training(*size) for size in sizes]
    seed, count = int(forecast.random_state), forecast.folds
    common = (forecast.data_, forecast.features, trainings, count, seed)
    measured = measure(*common, forecast.seeds, lambda share: progress(share / 2))
    rehearsed = rehearse(*common, lambda share: progress(share / 2))
    rows = []
    for size, result, third in zip(sizes, measured, rehearsed, strict=True):
        row = forecast_row(forecast, size)
        row |= {"measured": result.error, "measured_stderr": result.stderr}
        if third is not None:
            row |= {"rehearsed": third.value, "rehearsed_low": third.low, "rehearsed_high": third.high}
        rows.append(row)
    return rows


def table(forecast: Forecast, best_weight: float | None = None) -> list[Record]:
    """All rows: forecasts, then trials."""
    extent = extent_of(forecast, best_weight)
    tried = trial_sizes(extent)
    rows = [(size, forecast_row(forecast, size)) for size in forecast_sizes(extent)]
    rows += list(zip(tried, trial_rows(forecast, tried), strict=True))
    return [as_row(size, result) for size, result in rows]


def as_row(size: Size, result: Record) -> Record:
    """A row of the table."""
    both = size._asdict() | result
    return {name: both[name] for name in COLUMNS if name in both}
