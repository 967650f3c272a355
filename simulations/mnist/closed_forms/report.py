"""Gaps of the closed forms, width by width, before and after: against measured points of another table."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.table import Table as Grid

from simulations.mnist.jobs import INPUTS
from workbench.command import number_table

Row = dict[str, Any]  # a record, of whose columns we know the types
SAME = [name for name in INPUTS if name != "code"]


def gaps(predicted: Sequence[Row], measured: Sequence[Row]) -> list[Row]:
    """Measured rows that have a prediction, with `before` and `after`: measured / predicted error - 1.

    `before` is by the prediction that the measured table holds itself, None without one.
    """
    known = {tuple(row[name] for name in SAME): row for row in predicted}
    rows = []
    for row in measured:
        after = known.get(tuple(row[name] for name in SAME))
        if row["study"] == "width" and after:
            own = row.get("predicted_error")
            rows.append(
                row
                | {
                    "before": None if own is None else row["error"] / own - 1,
                    "after": row["error"] / after["predicted_error"] - 1,
                }
            )
    return rows


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
