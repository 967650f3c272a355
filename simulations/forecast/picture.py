"""The picture of a forecast: error against real rows, and against synthetic ones."""

from typing import Any

import numpy as np

from workbench.picture import Picture
from workbench.records import Record, number, numbers


def draw(record: dict[str, Any], rows: list[Record]) -> Picture:
    """Left: error against real rows, alone and with synthetic ones.  Right: against synthetic rows."""
    n, m = record["n_real"], record["n_synthetic"]
    panels = ["more real data"] + (["more synthetic data"] if m else [])
    labels = ["real rows", "synthetic rows"][: len(panels)]
    picture = Picture(panels, labels, ["test error (mean square)", ""][: len(panels)])
    first = picture.panels[0]
    forecasts = [row for row in rows if "measured" not in row and "predicted" in row]
    trials = [row for row in rows if "measured" in row and "predicted" in row]
    proportional = [row for row in forecasts if _near(row, m / n)] if m else []
    _curve(first, [row for row in forecasts if row["n_synthetic"] == 0], "n_real", "real rows alone", 0)
    _curve(first, proportional, "n_real", "synthetic rows in proportion", 1)
    _points(first, [row for row in trials if row["n_synthetic"] == 0], "n_real", "real rows alone", 0)
    if m:
        second = picture.panels[1]
        for weight, label, colour in _weights(record):
            chosen = [
                row
                for row in forecasts
                if row["n_real"] == n and row["n_synthetic"] and row["weight"] == weight
            ]
            _curve(second, chosen, "n_synthetic", label, colour)
        second.level(record["error_now"], "no synthetic rows", color="C0")
        first.level(record["plateau"], "their plateau", color="C1")
    picture.caption = caption(record)
    return picture


def _weights(record: dict[str, Any]) -> list[tuple[float, str, Any]]:
    best = record["best_weight"]
    return [(1.0, "weight 1", 1)] + ([(best, f"weight {best:g}", 2)] if best not in (0, 1) else [])


def _near(row: Record, ratio: float) -> bool:
    return bool(
        row["weight"] == 1
        and abs(number(row, "n_synthetic") - ratio * number(row, "n_real")) <= 1 + ratio
    )


def _curve(panel: Any, rows: list[Record], x: str, label: str, colour: Any) -> None:
    rows = sorted(rows, key=lambda row: number(row, x))
    if rows:
        at = numbers(rows, x)
        panel.line(at, numbers(rows, "predicted"), label, colour)
        panel.axes.fill_between(
            at, numbers(rows, "low"), numbers(rows, "high"), color=f"C{colour}", alpha=0.15, lw=0
        )


def _points(panel: Any, rows: list[Record], x: str, label: str, colour: Any) -> None:
    if rows:
        panel.points(
            numbers(rows, x),
            numbers(rows, "measured"),
            numbers(rows, "measured_stderr"),
            numbers(rows, "predicted"),
            label=label,
            colour=colour,
        )


def caption(record: dict[str, Any]) -> str:
    """What the axes do not say."""
    return (
        f"{record['n_real']:,} real and {record['n_synthetic']:,} synthetic rows, {record['dimension']} "
        "features. Lines: forecast from these rows, bands: intervals of 90%. Points: models trained on "
        "parts of them, on rows they have not seen; bars: standard error."
    )


def plot(rows: list[Record], axes: Any = None) -> Any:
    """Error against real rows, alone and with synthetic rows, in given axes."""
    import matplotlib.pyplot as plt

    axes = plt.gca() if axes is None else axes
    for colour, (label, chosen) in enumerate(
        (
            ("real rows alone", [row for row in rows if row["n_synthetic"] == 0]),
            ("with synthetic rows", [row for row in rows if row["n_synthetic"]]),
        )
    ):
        told = sorted(
            (row for row in chosen if np.isfinite(number(row, "predicted"))),
            key=lambda row: number(row, "n_real"),
        )
        if told:
            axes.errorbar(
                numbers(told, "n_real"),
                numbers(told, "predicted"),
                [
                    numbers(told, "predicted") - numbers(told, "low"),
                    numbers(told, "high") - numbers(told, "predicted"),
                ],
                fmt="o",
                color=f"C{colour}",
                label=label,
            )
    axes.set(xscale="log", yscale="log", xlabel="real rows", ylabel="test error (mean square)")
    axes.legend()
    return axes
