"""What the comparison comes to: intervals that hold, gaps, signs."""

import numpy as np
from rich.table import Table

from workbench.command import number_table
from workbench.records import Record, grouped, number, numbers

PRECISE = 0.03  # sampling error of a measured error, as a part of it


def inside(rows: list[Record]) -> np.ndarray:
    """Whether each measured error lies in the interval of 90% that was stated for it."""
    measured = numbers(rows, "measured")
    return (numbers(rows, "low") <= measured) & (measured <= numbers(rows, "high"))


def gaps(rows: list[Record]) -> np.ndarray:
    """Measured over predicted, less 1."""
    return numbers(rows, "measured") / numbers(rows, "predicted") - 1


def by_data(rows: list[Record]) -> Table:
    """A row a data set and kind of synthetic side."""
    columns = ("data", "synthetic side", "forecasts", "in the interval", "median gap", "mean gap")
    table = number_table("forecast from a third of the rows", *columns, left=columns[:2])
    for group in grouped([row for row in rows if "low" in row], "data", "generator", "quality"):
        first, gap = group[0], gaps(group)
        side = f"{first['quality']} {first['generator']}" if "quality" in first else ""
        table.add_row(
            str(first["data"]),
            side,
            str(len(group)),
            f"{inside(group).mean():.0%}",
            f"{np.median(abs(gap)):.1%}",
            f"{gap.mean():+.1%}",
        )
    return table


def lines(rows: list[Record]) -> list[str]:
    """What the table comes to, in sentences."""
    real = [row for row in rows if row["study"] == "data"]
    precise = [r for r in real if number(r, "measured_stderr") < PRECISE * number(r, "measured")]
    told = [row for row in real if row["n_synthetic"] and "change_low" in row]
    sure = [row for row in told if number(row, "change_low") * number(row, "change_high") > 0]
    measured = [
        r for r in sure if abs(number(r, "measured_change")) > 2 * number(r, "measured_change_stderr")
    ]
    right = [
        sum(number(row, "change") * number(row, "measured_change") > 0 for row in part)
        for part in (sure, measured)
    ]
    return [
        _line("real data", real),
        _line(f"real data, where the sampling error is below {PRECISE:.0%}", precise),
        f"sign of a change that is larger than its interval: right in {right[0]} of {len(sure)}; "
        f"where two standard errors of the measurement tell it from 0, in {right[1]} of {len(measured)}",
        _line("made problems", [row for row in rows if row["study"] == "made"]),
    ]


def _line(what: str, rows: list[Record]) -> str:
    told = [row for row in rows if "low" in row]
    if not told:
        return f"{what}: none"
    gap = np.median(abs(gaps(told)))
    return (
        f"{what}: {len(told)} of {len(rows)} told; {inside(told).mean():.1%} in their interval of 90%, "
        f"median gap {gap:.1%}"
    )
