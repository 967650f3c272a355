"""Means over networks that were trained alike: of what is measured of each, and of what they lose."""

from typing import NamedTuple

import numpy as np

from workbench.records import Record, grouped, number, numbers


class Mean(NamedTuple):
    """A mean over networks and its standard error, NaN where one network cannot tell."""

    value: float
    stderr: float


def mixes(rows: list[Record]) -> dict[float, list[Record]]:
    """The networks of each p_2, by their readouts of most stories."""
    largest = max(number(row, "stories") for row in rows)
    chosen = [row for row in rows if row["stories"] == largest]
    by_fraction = {number(group[0], "p2"): group for group in grouped(chosen, "p2")}
    return dict(sorted(by_fraction.items()))


def over_draws(rows: list[Record], name: str) -> Mean:
    """The mean of what was measured over draws that every network has for itself."""
    stderr = np.sqrt(np.sum(numbers(rows, f"{name}_stderr") ** 2)) / len(rows)
    return Mean(float(numbers(rows, name).mean()), float(stderr))


def over_stories(rows: list[Record], name: str) -> Mean:
    """The mean of what was measured on test stories that all networks share, and so their scatter."""
    return Mean(
        *(float(numbers(rows, column).mean()) for column in (name, f"{name}_stderr")),
    )


def over_networks(rows: list[Record], name: str, clean: list[Record] | None = None) -> Mean:
    """The mean of a column, less that of the `clean` network of the same number: their scatter tells."""
    values = numbers(rows, name)
    if clean is not None:
        before = {row["network"]: number(row, name) for row in clean}
        values = values - np.array([before[row["network"]] for row in rows])
    spread = values.std(ddof=1) if len(values) > 1 else np.nan
    return Mean(float(values.mean()), float(spread / np.sqrt(len(values))))
