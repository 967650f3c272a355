"""The committed comparison of forecasts with results: what `docs/forecast.md` says of it."""

import numpy as np

from figures.house import tables
from simulations.forecast.confidence import LEVEL, SURE
from simulations.forecast.held.report import PRECISE, gaps, inside, signs
from simulations.forecast.held.run import FIRST, MADE
from workbench.records import numbers

ROWS = tables.committed("forecast.held")
TOLD = [row for row in ROWS if "low" in row]
REAL, ARTIFICIAL = ([row for row in TOLD if row["study"] == study] for study in ("data", "made"))


def test_intervals_of_artificial_problems_hold_their_share():
    """90% within 2 points, asked of the table; 500 problems have a standard error of 1.3 themselves."""
    keys = [row["split"] for row in ROWS if row["study"] == "made"]
    assert keys == list(range(FIRST, FIRST + MADE))
    assert len(ARTIFICIAL) == MADE
    assert abs(inside(ARTIFICIAL).mean() - 0.9) < 0.02


def test_intervals_of_real_data_hold_at_least_their_share():
    """Less two standard errors, those of as many independent forecasts as there are cases of three."""
    assert len(REAL) >= 480
    assert inside(REAL).mean() > 0.9 - 2 * np.sqrt(0.09 * 3 / len(REAL))
    precise = numbers(REAL, "measured_stderr") < PRECISE * numbers(REAL, "measured")
    assert precise.sum() >= 40
    chosen = [row for row, is_precise in zip(REAL, precise, strict=True) if is_precise]
    assert inside(chosen).mean() >= 0.85
    assert np.median(abs(gaps(chosen))) < 0.05


def test_signs_of_changes_are_right():
    """As often as the level says, where the measurement tells them; all that are called sure."""
    for level, least in ((LEVEL, 0.95), (SURE, 1.0)):
        right, known = signs(level, REAL)
        assert known.sum() >= 50
        assert right[known].mean() >= least
