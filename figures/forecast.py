"""A third of the rows forecasts the test error of models trained on all of them, with synthetic data
of four kinds added.

Measured against forecast errors on public data sets, and their ratio; made problems beside them.
"""

import numpy as np

from figures.house.run import Run
from simulations.forecast.held.report import inside
from workbench.picture import Panel, Picture
from workbench.records import Record, grouped, numbers

SHOWN = (0.4, 2.5)  # of a ratio: a few of the smallest data sets are beyond
NORMAL = 1.645  # standard errors from the middle to the ends of an interval of 90%


def draw(run: Run) -> Picture:
    """Forecast and measured errors, a colour a data set; and how far off, in intervals."""
    real, made = (run.table("forecast.held", study) for study in ("data", "made"))
    real, made = ([row for row in rows if "low" in row] for rows in (real, made))
    picture = Picture(
        ["public data sets", "made problems"],
        ["forecast error / variance of the labels", "forecast error / variance of the labels"],
        ["measured / forecast", ""],
    )
    sets = grouped(real, "data")
    for colour, rows in enumerate(sets):
        _ratios(picture.panels[0], rows, str(rows[0]["data"]).replace("_", " "), colour)
    _ratios(picture.panels[1], made, "made problems", len(sets))
    for panel in picture.panels:
        panel.level(1.0)
        panel.axes.set_ylim(*SHOWN)
    held = [np.mean(inside(rows)) for rows in (real, made)]
    picture.caption = (
        "Forecasts from a third of the real and synthetic rows for models trained on all real rows, with and without the synthetic ones, and on a "
        "third of the real with all synthetic rows, and what models trained so gave on other rows. Synthetic: labels by weak models, rows of "
        f"Gaussian copulas. Bars: one standard error, as stated. The stated interval of 90% holds {held[0]:.0%} of {len(real)} errors on public data and "
        f"{held[1]:.0%} of {len(made)} on made problems. Errors are mean squares, classes one-hot."
    )
    return picture


def _ratios(panel: Panel, rows: list[Record], label: str, colour: int) -> None:
    """Measured over forecast error; standard errors as the intervals state them."""
    predicted = numbers(rows, "predicted")
    ratio = numbers(rows, "measured") / predicted
    stated = np.log(numbers(rows, "high") / predicted) / NORMAL
    errors, expected = ratio * stated, np.ones(len(rows))
    at = predicted / numbers(rows, "variance")
    panel.points(
        at,
        ratio,
        errors,
        expected,
        label=label,
        colour=colour,
        alpha=0.4,
        elinewidth=0.5,
        markersize=2.5,
    )
