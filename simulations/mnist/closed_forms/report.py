"""Gaps between closed forms and the measured points of another table, width by width."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.table import Table as Grid

from workbench.command import number_table

Row = dict[str, Any]  # a record, of whose columns we know the types
# What a row is about, whatever code made it; not from `jobs`, so that a figure does not depend on those.
SAME = ["data", "d", "pool", "test", "model", "n", "width", "p2"]
SAME += ["generator_samples", "generator_noise", "ridge", "steps", "seeds", "key"]


def joined(measured: Sequence[Row], predicted: Sequence[Row]) -> list[Row]:
    """Measured rows of the width study with these predictions in place of those that they have."""
    known = _by_model(predicted)
    return [
        {name: value for name, value in row.items() if not name.startswith("predicted_")}
        | {
            name: value
            for name, value in known.get(_model(row), {}).items()
            if name.startswith("predicted_")
        }
        for row in measured
        if row["study"] == "width"
    ]


def gaps(predicted: Sequence[Row], measured: Sequence[Row]) -> list[Row]:
    """Measured rows that have a prediction, with `before` and `after`: measured / predicted error - 1.

    `before` is by the prediction that the measured table holds itself, None without one.
    """
    rows = []
    for row, after in zip(
        [row for row in measured if row["study"] == "width"], joined(measured, predicted), strict=True
    ):
        if "predicted_error" in after:
            own = row.get("predicted_error")
            before = None if own is None else row["error"] / own - 1
            rows.append(row | {"before": before, "after": row["error"] / after["predicted_error"] - 1})
    return rows


def _model(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in SAME)


def _by_model(rows: Sequence[Row]) -> dict[tuple[Any, ...], Row]:
    return {_model(row): row for row in rows}


def table(rows: Sequence[Row]) -> Grid:
    """Median and worst size of the gaps of every model and width, over mixes of labels."""
    columns = ("model", "m", "before: median", "worst", "after: median", "worst")
    grid = number_table("|measured / predicted test error - 1|", *columns, left=("model",))
    for model in dict.fromkeys(row["model"] for row in rows):
        alike = [row for row in rows if row["model"] == model]
        for width in [*dict.fromkeys(row["width"] for row in alike), None]:
            chosen = [row for row in alike if width in (None, row["width"])]
            cells = [
                cell
                for name in ("before", "after")
                for cell in _cells([row[name] for row in chosen if row[name] is not None])
            ]
            grid.add_row(model, "all" if width is None else str(width), *cells)
    return grid


def _cells(values: list[float]) -> tuple[str, str]:
    sizes = np.abs(values)
    return (f"{np.median(sizes):.1%}", f"{sizes.max():.1%}") if values else ("", "")
