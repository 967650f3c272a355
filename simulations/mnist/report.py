"""What a run prints: its main table, plateaus, thresholds, and how well the closed form predicted it."""

import numpy as np
from rich.console import Console
from rich.table import Table as Grid

from simulations.mnist.accuracy import accuracies
from simulations.mnist.picture import Row, curves
from workbench.command import number_table
from workbench.records import as_text, numbers

MOST_ROWS = 120
NEAR = 2.0  # within this factor of as many images as features counts as the threshold
INTERPOLATES = 0.01  # training error, in units of the labels' variance, which is near 0.9


def print_report(console: Console, rows: list[Row]) -> None:
    """Print every study, what its curves show, and measured against predicted errors."""
    for study in curves(rows, "study"):
        console.print(_table(study[:MOST_ROWS]))
        if len(study) > MOST_ROWS:
            console.print(f"the first {MOST_ROWS} rows; the CSV file has all {len(study)}")
    scaling = [row for row in rows if row["study"] == "scaling" and row["p2"]]
    if scaling:
        console.print(_plateaus(scaling))
    width = [row for row in rows if row["study"] == "width"]
    if width:
        console.print(_thresholds(width))
    known = [row for row in rows if "predicted_error" in row]
    if known:
        console.print(_agreement(known))


def _table(rows: list[Row]) -> Grid:
    columns = ["model", "n", "m", "ridge", "p2", "c2", "test error", "+- s.e.", "theory", "collapse"]
    columns += ["train", "accuracy %", "+- s.e. "]
    grid = number_table(f"{rows[0]['data']}, {rows[0]['study']}", *columns, left=("model",))
    for row, accuracy, stderr in zip(rows, *accuracies(rows), strict=True):
        mixed = row["p2"] > 0
        grid.add_row(
            row["model"],
            str(row["n"]),
            as_text(row["width"]),
            f"{row['ridge']:g}",
            f"{row['p2']:g}",
            f"{row['c2']:.3f}" if mixed else "",
            f"{row['error']:.4f}",
            f"{row['error_stderr']:.1g}",
            f"{row['predicted_error']:.4f}" if "predicted_error" in row else "",
            f"{row['collapse']:.4f}" if mixed else "",
            f"{row['train_error']:.3g}",
            f"{accuracy:.2f}",
            f"{stderr:.2f}",
        )
    return grid


def _plateaus(rows: list[Row]) -> Grid:
    """How far each curve of the collapse still is above its predicted limit."""
    columns = ("model", "p2", "largest n", "collapse", "+- s.e.", "limit", "collapse / limit")
    grid = number_table(
        "plateaus: the collapse at the largest n, and its predicted limit", *columns, left=("model",)
    )
    for curve in curves(rows, "model", "width", "ridge", "p2", "generator_samples", "generator_noise"):
        last = max(curve, key=lambda row: row["n"])
        limit, collapse = last.get("predicted_plateau", np.nan), last["collapse"]
        grid.add_row(
            last["model"],
            f"{last['p2']:g}",
            str(last["n"]),
            f"{collapse:.3g}",
            f"{last['collapse_stderr']:.1g}",
            "" if np.isnan(limit) else f"{limit:.3g}",
            f"{collapse / limit:.2f}" if limit > 0 else "",
        )
    return grid


def _thresholds(rows: list[Row]) -> Grid:
    """Where each curve against model size peaks, and where the model begins to interpolate."""
    columns = ("model", "n", "c2", "m of largest error", "m of largest collapse", "interpolates from m")
    grid = number_table(
        f"thresholds: interpolation is a training error below {INTERPOLATES}", *columns, left=("model",)
    )
    for curve in curves(rows, "model", "n", "ridge", "p2", "generator_samples", "generator_noise"):
        mixed = curve[0]["p2"] > 0
        largest = [str(max(curve, key=lambda row: row[name])["width"]) for name in ("error", "collapse")]
        fits = [row["width"] for row in curve if row["train_error"] < INTERPOLATES]
        grid.add_row(
            curve[0]["model"],
            str(curve[0]["n"]),
            f"{curve[0]['c2']:.3f}" if mixed else "clean",
            largest[0],
            largest[1] if mixed else "",
            str(min(fits)) if fits else "",
        )
    return grid


def _agreement(rows: list[Row]) -> Grid:
    """Relative gaps, measured over predicted, near the interpolation threshold and away from it."""
    columns = ("model", "ridge", "where", "points", "median", "median size", "worst")
    grid = number_table("measured / predicted test error - 1", *columns, left=("model",))
    ordered = sorted(rows, key=lambda row: (row["model"], row["ridge"]))
    for alike in curves(ordered, "model", "ridge"):
        for where, wanted in (("away", False), ("threshold", True)):
            chosen = [row for row in alike if near_threshold(row) == wanted]
            if not chosen:
                continue
            gap = numbers(chosen, "error") / numbers(chosen, "predicted_error") - 1
            grid.add_row(
                alike[0]["model"],
                f"{alike[0]['ridge']:g}",
                where,
                str(len(chosen)),
                f"{np.median(gap):+.1%}",
                f"{np.median(abs(gap)):.1%}",
                f"{gap[abs(gap).argmax()]:+.1%}",
            )
    return grid


def near_threshold(row: Row) -> bool:
    """Whether there are about as many images as features that tell them apart."""
    features = row["d"] if row["width"] is None else row["width"]
    if row["model"] == "projection":
        features = min(features, row["d"])
    return bool(1 / NEAR <= row["n"] / features <= NEAR)
