"""What a sweep prints: its table, how well theory and simulation agree, plateaus and crossings."""

import numpy as np
from rich.console import Console

from simulations.command import number_table
from simulations.sweep.grid import FIELDS, Point, counts, swept, unrounded
from simulations.sweep.study import Study
from simulations.sweep.theory import predictions
from simulations.table import Row

MOST_ROWS = 100
# Plateaus are read off the theory at this n; crossings on this many points between the swept ends.
INFINITE = 1e15
CURVE = 256


def print_report(console: Console, study: Study, points: list[Point], rows: list[Row]) -> None:
    """Print table, agreement and, for a sweep over n, where each curve flattens."""
    names = swept(points) or ["n"]
    shown = rows
    if len(rows) > MOST_ROWS:
        shown = sorted(rows, key=lambda row: -abs(float(row["z"] or 0)))[:MOST_ROWS]
    title = f"{study.description}\n{study.run['seeds']} seeds, {study.run['measure']}"
    fields = [FIELDS[name].column for name in names]
    grid = number_table(title, *fields, "theory", "simulation", "+- s.e.", "gap", "z")
    for row in shown:
        numbers = ("predicted_total", "simulated_total", "stderr_total")
        grid.add_row(
            *(_short(row[name], "{:g}") for name in names),
            *(_short(row[name], "{:.4g}" if name != "stderr_total" else "{:.1g}") for name in numbers),
            _short(row["relative_gap"], "{:+.2%}"),
            _short(row["z"], "{:+.1f}"),
        )
    console.print(grid)
    if shown is not rows:
        console.print(f"the {MOST_ROWS} rows of largest |z|; the CSV file has all {len(rows)}")
    compared = [row for row in rows if row["z"]]
    if compared:
        z = np.array([float(row["z"]) for row in compared])
        gap = np.array([float(row["relative_gap"]) for row in compared])
        console.print(
            f"worst |z| {abs(z).max():.1f}, worst gap {abs(gap).max():.2%}, "
            f"{(abs(z) <= 3).mean():.0%} of points within 3 s.e.; gaps of order 1/d are the finite size"
        )
    empty = sum(p["synthetic_fraction"] > 0 and counts(p)[1] == 0 for p in points)
    if empty:
        console.print(f"{empty} points are clean: p2 n rounds to no synthetic sample")
    if "n" in names and any(point["synthetic_fraction"] for point in points):
        _print_plateaus(console, points)


def _print_plateaus(console: Console, points: list[Point]) -> None:
    """The level each curve tends to, and the n at which its error is twice the clean curve's."""
    names = [name for name in swept(points) if name != "n"]
    title = "plateaus: error as n grows, and the n where it is twice the clean one"
    fields = [FIELDS[name].column for name in names]
    grid = number_table(title, *fields, "plateau", "p2^2 c^2", "leaves at n")
    n = np.geomspace(min(p["n"] for p in points), max(p["n"] for p in points), CURVE)
    curves = {tuple(p[name] for name in names): p for p in points if p["synthetic_fraction"]}
    for values, point in curves.items():
        level = totals(point, np.full(CURVE, INFINITE))[0]
        ratio = _ratio(totals(point, n), totals(point | {"synthetic_fraction": 0.0}, n))
        left = np.flatnonzero(ratio >= 2)
        leaves = "beyond" if not left.size else "before" if left[0] == 0 else f"{n[left[0]]:.2g}"
        floor = point["synthetic_fraction"] ** 2 * point["quality"]
        shown = ("none" if value is None else f"{value:g}" for value in values)
        grid.add_row(*shown, f"{level:.3g}", f"{floor:.3g}", leaves)
    console.print(grid)


def _ratio(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a / b, NaN where both vanish or are infinite."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return a / b


def totals(point: Point, n: np.ndarray) -> np.ndarray:
    """Predicted total error along n, sample sizes not rounded."""
    along = [point | {"n": value} for value in n]
    return np.array([found.total for found in predictions(along, list(map(unrounded, along)))])


def _short(text: str, form: str) -> str:
    try:
        return form.format(float(text))
    except ValueError:
        return text or "-"
