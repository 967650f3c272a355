"""What a run prints and draws: accuracy beside squared error, measured and predicted."""

from typing import Any

import numpy as np
from rich.table import Table as Grid

from workbench.command import number_table
from workbench.picture import Picture
from workbench.records import grouped, numbers

Row = dict[str, Any]


def table(rows: list[Row]) -> Grid:
    """Accuracy and error of every classifier, with what the closed form says."""
    columns = ("pair", "n", "ridge", "flip", "accuracy", "+- s.e.", "theory", "gap", "error", "theory ")
    grid = number_table("one digit against another", *columns, left=("pair",))
    for row in rows:
        gap = row["accuracy"] - row["predicted_accuracy"]
        grid.add_row(
            row["pair"],
            *(f"{row[name]:g}" for name in ("n", "ridge", "flip")),
            f"{row['accuracy']:.2%}",
            f"{row['accuracy_stderr']:.2%}",
            f"{row['predicted_accuracy']:.2%}",
            f"{gap:+.2%}",
            f"{row['error']:.4f}",
            f"{row['predicted_error']:.4f}",
        )
    return grid


def averages(rows: list[Row]) -> Grid:
    """The same, averaged over the pairs; gaps of accuracy in percentage points."""
    columns = ("n", "ridge", "flip", "accuracy", "theory", "mean gap", "worst gap", "error", "theory ")
    grid = number_table(f"averages over {len(grouped(rows, 'pair'))} pairs", *columns)
    for alike in grouped(rows, "n", "ridge", "flip"):
        measured, predicted = numbers(alike, "accuracy"), numbers(alike, "predicted_accuracy")
        gaps = measured - predicted
        grid.add_row(
            *(f"{alike[0][name]:g}" for name in ("n", "ridge", "flip")),
            f"{measured.mean():.2%}",
            f"{predicted.mean():.2%}",
            f"{gaps.mean():+.2%}",
            f"{gaps[np.abs(gaps).argmax()]:+.2%}",
            f"{numbers(alike, 'error').mean():.4f}",
            f"{numbers(alike, 'predicted_error').mean():.4f}",
        )
    return grid


def picture(rows: list[Row]) -> Picture:
    """Share of wrong digits and squared error against n, a colour a pair, a column a ridge and flips."""
    groups = grouped(rows, "ridge", "flip")
    titles = [f"λ = {group[0]['ridge']:g}, {group[0]['flip']:.0%} flipped" for group in groups]
    drawn = Picture(
        titles + [""] * len(titles),
        x="training images n",
        y=[
            name
            for first in ("share of wrong digits", "test error")
            for name in [first, *[""] * (len(groups) - 1)]
        ],
        rows=2,
        legend="digits",
    )
    for column, group in enumerate(groups):
        above, below = drawn.panels[column], drawn.panels[column + len(groups)]
        for colour, curve in enumerate(grouped(group, "pair")):
            n, label = numbers(curve, "n"), str(curve[0]["pair"])
            wrong, expected = (1 - numbers(curve, name) for name in ("accuracy", "predicted_accuracy"))
            above.line(n, expected, label, colour)
            stderr = np.hypot(numbers(curve, "accuracy_stderr"), numbers(curve, "test_stderr"))
            above.points(n, wrong, stderr, expected, label=label, colour=colour)
            expected = numbers(curve, "predicted_error")
            below.line(n, expected, label, colour)
            errors = numbers(curve, "error"), numbers(curve, "error_stderr")
            below.points(n, *errors, expected, label=label, colour=colour)
    drawn.caption = (
        "Ridge regression on the pixels of two digits, labels -1 and 1, tested on other images. "
        f"Points: mean of {rows[0]['seeds']} draws of the training images, bars: standard error (above: "
        "with that of the test images). Lines: closed form, which knows no test image."
    )
    return drawn
