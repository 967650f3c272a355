"""The job of a width study, as any process does it."""

from simulations.forecast.recipe import Recipe, prepared
from simulations.forecast.width.study import study
from workbench.job import Answer, Progress


def studied(recipe: Recipe, widths: list[int], progress: Progress) -> Answer:
    """The rows of the study, then its verdict."""
    rows, verdict = study(prepared(recipe), widths, progress)
    return Answer([*rows, verdict])
