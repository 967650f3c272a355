"""What a run prints: its main table, and how well the closed form predicted it."""

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table as Grid

from simulations.mnist.picture import grouped, numbers
from simulations.table import Row

MOST_ROWS = 120
NEAR = 1.5  # within this factor of n = m, or of n = d where m is larger, counts as the threshold


def print_report(console: Console, rows: list[Row]) -> None:
    """Print every study, then measured against predicted errors."""
    for study in grouped(rows, "study"):
        console.print(_table(study[:MOST_ROWS]))
        if len(study) > MOST_ROWS:
            console.print(f"the first {MOST_ROWS} rows; the CSV file has all {len(study)}")
    known = [row for row in rows if row["predicted_error"]]
    if known:
        console.print(_agreement(known))


def _table(rows: list[Row]) -> Grid:
    grid = Grid(title=f"{rows[0]['data']}, {rows[0]['study']}", box=box.SIMPLE)
    for name in ("model", "n", "m", "ridge", "p2", "c2", "test error", "+- s.e.", "theory", "collapse"):
        grid.add_column(name, justify="left" if name == "model" else "right", no_wrap=True)
    grid.add_column("train", justify="right", no_wrap=True)
    grid.add_column("accuracy", justify="right", no_wrap=True)
    for row in rows:
        grid.add_row(
            row["model"],
            row["n"],
            row["width"],
            f"{float(row['ridge']):g}",
            f"{float(row['p2']):g}",
            f"{float(row['c2']):.3f}" if float(row["p2"]) else "",
            f"{float(row['error']):.4f}",
            f"{float(row['error_stderr']):.1g}",
            f"{float(row['predicted_error']):.4f}" if row["predicted_error"] else "",
            f"{float(row['collapse']):.4f}" if float(row["p2"]) else "",
            f"{float(row['train_error']):.3g}",
            f"{float(row['accuracy']):.1%}",
        )
    return grid


def _agreement(rows: list[Row]) -> Grid:
    """Relative gaps, measured over predicted, near the interpolation threshold and away from it."""
    grid = Grid(title="measured / predicted test error - 1", box=box.SIMPLE)
    for name in ("model", "ridge", "where", "points", "median", "median size", "worst"):
        grid.add_column(name, justify="right", no_wrap=True)
    for some in grouped(
        sorted(rows, key=lambda row: (row["model"], float(row["ridge"]))), "model", "ridge"
    ):
        for where, wanted in (("away", False), ("threshold", True)):
            chosen = [row for row in some if near_threshold(row) == wanted]
            if not chosen:
                continue
            gap = numbers(chosen, "error") / numbers(chosen, "predicted_error") - 1
            grid.add_row(
                some[0]["model"],
                f"{float(some[0]['ridge']):g}",
                where,
                str(len(chosen)),
                f"{np.median(gap):+.1%}",
                f"{np.median(abs(gap)):.1%}",
                f"{gap[abs(gap).argmax()]:+.1%}",
            )
    return grid


def near_threshold(row: Row) -> bool:
    """Whether there are about as many images as features that tell them apart."""
    features = float(row["d"] if row["width"] == "none" else row["width"])
    if row["model"] == "projection":
        features = min(features, float(row["d"]))
    return bool(1 / NEAR <= float(row["n"]) / features <= NEAR)
