"""The jobs of a forecast, as any process does them."""

import numpy as np

from simulations.forecast.recipe import Recipe, prepared
from simulations.forecast.rows import Size, forecast_row, trial_rows
from simulations.forecast.verdict import verdict
from workbench.job import Answer, Progress
from workbench.records import Record


def judgement(recipe: Recipe, progress: Progress) -> Answer:
    """The numbers of the verdict."""
    record = verdict(prepared(recipe), progress)
    return Answer([_told(record)])


def forecasts(recipe: Recipe, size: Size, progress: Progress) -> Answer:
    """One forecast."""
    return Answer([forecast_row(prepared(recipe), size)])


def trials(recipe: Recipe, sizes: list[Size], progress: Progress) -> Answer:
    """Models trained, and what was forecast for them."""
    return Answer(trial_rows(prepared(recipe), sizes, progress))


def _told(record: Record) -> Record:
    """Without what the rows do not tell."""
    return {
        name: value
        for name, value in record.items()
        if not (isinstance(value, float) and not np.isfinite(value))
    }
