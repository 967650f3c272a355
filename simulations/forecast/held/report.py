"""What the comparison comes to: intervals that hold, gaps, signs."""

import numpy as np
from rich.table import Table

from simulations.forecast.confidence import LEVEL, SURE, confidence
from workbench.command import number_table
from workbench.records import Record, grouped, number, numbers

PRECISE = 0.03  # sampling error of a measured error, as a part of it
CHANGE = ("change", "change_low", "change_high")


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
    return [
        _line("real data", real),
        _line(f"real data, where the sampling error is below {PRECISE:.0%}", precise),
        *(_signs(level, real) for level in (LEVEL, SURE)),
        _line("made problems", [row for row in rows if row["study"] == "made"]),
    ]


def signs(level: float, rows: list[Record]) -> tuple[np.ndarray, np.ndarray]:
    """Of changes that this level tells from 0: whether their signs are right, and can be measured."""
    told = [row for row in rows if row["n_synthetic"] and "change_low" in row]
    sure = [row for row in told if confidence(*(number(row, name) for name in CHANGE)) > level]
    measured, stderr = numbers(sure, "measured_change"), numbers(sure, "measured_change_stderr")
    return numbers(sure, "change") * measured > 0, abs(measured) > 2 * stderr


def _signs(level: float, rows: list[Record]) -> str:
    right, known = signs(level, rows)
    return (
        f"sign of a change that is larger than its interval of {level:.0%}: right in {right.sum()} of "
        f"{len(right)}; where two standard errors of the measurement tell it from 0, in "
        f"{right[known].sum()} of {known.sum()}"
    )


def _line(what: str, rows: list[Record]) -> str:
    told = [row for row in rows if "low" in row]
    if not told:
        return f"{what}: none"
    gap = np.median(abs(gaps(told)))
    return (
        f"{what}: {len(told)} of {len(rows)} told; {inside(told).mean():.1%} in their interval of 90%, "
        f"median gap {gap:.1%}"
    )
