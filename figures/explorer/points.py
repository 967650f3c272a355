"""Simulated points on the curves of the explorer's presets."""

from typing import Any

import numpy as np

from figures.explorer.presets import PRESETS, Preset
from figures.house.arrays import PARTS
from figures.house.run import Run

SEEDS = 64
DIGITS = 7


def points(run: Run) -> dict[str, Any]:
    """Of every preset: places, and for each part means, standard errors and theory.

    `theory` is limit and finite-size term, `limit` the limit alone.
    """
    return {preset.name: measured(run, preset) for preset in PRESETS}


def measured(run: Run, preset: Preset) -> dict[str, Any]:
    """The points of one preset."""
    theory, simulated = run.simulate(preset.problem, preset.points, SEEDS)
    curves = {
        "mean": simulated.mean,
        "stderr": simulated.stderr,
        "theory": theory.finite,
        "limit": theory,
    }
    return {
        "x": list(preset.points),
        **{
            name: {part: _rounded(getattr(curve, part)) for part in PARTS}
            for name, curve in curves.items()
        },
    }


def _rounded(values: np.ndarray) -> list[float]:
    return [float(f"{value:.{DIGITS}g}") for value in values]
