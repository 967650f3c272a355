"""What a sweep prints: its table, how well theory and simulation agree, plateaus and crossings."""

import numpy as np
from rich.console import Console

from simulations.sweep.grid import Point, swept
from simulations.sweep.study import Study
from simulations.sweep.theory import predictions, stacked
from workbench.command import number_table
from workbench.records import NONE, Record, Value, numbers

MOST_ROWS = 100
WITHIN = 3  # standard errors
LARGE = 0.1  # finite-size term over limit
# Plateaus are read off the theory at this n; crossings on this many points between the swept ends.
INFINITE = 1e15
CURVE = 256
NUMBERS = {"theory": "{:.4g}", "simulated_total": "{:.4g}", "stderr_total": "{:.1g}"}
NUMBERS |= {"relative_gap": "{:+.2%}", "z": "{:+.1f}"}


def print_report(console: Console, study: Study, points: list[Point], rows: list[Record]) -> None:
    """Print table, agreement and, for a sweep over n, where each curve flattens."""
    names = swept(points) or list(study.model.fields)[:1]
    z = numbers(rows, "z")
    shown = np.sort(np.argsort(-np.nan_to_num(np.abs(z)), kind="stable")[:MOST_ROWS])
    fields = [study.model.fields[name].column for name in names]
    title = f"{study.description}\n{study.run['seeds']} seeds, {study.run['measure']}"
    table = number_table(title, *fields, "theory", "simulation", "+- s.e.", "gap", "z")
    for row in (_with_theory(rows[i]) for i in shown):
        cells = (_short(row.get(name, ""), form) for name, form in NUMBERS.items())
        table.add_row(*(_short(row[name]) for name in names), *cells)
    console.print(table)
    if len(shown) < len(rows):
        console.print(f"the {MOST_ROWS} rows of largest |z|; the CSV file has all {len(rows)}")
    _print_agreement(console, rows)
    empty = sum(
        bool(p.get("synthetic_fraction")) and row["n_2"] == 0
        for p, row in zip(points, rows, strict=True)
    )
    if empty:
        console.print(f"{empty} points are clean: p2 n rounds to no synthetic sample")
    if "n" in swept(points):
        _print_plateaus(console, study, points)


def _with_theory(row: Record) -> Record:
    """The row and what it is compared with: the limit and, where there is one, the finite-size term."""
    if "predicted_total" not in row:
        return row
    return row | {"theory": row["predicted_total"] + row.get("finite_size_total", 0.0)}  # type: ignore[operator]


def _print_agreement(console: Console, rows: list[Record]) -> None:
    """How many points theory explains, limit and finite-size term, and how many the limit alone."""
    lacking = sum("predicted_total" in row and "finite_size_total" not in row for row in rows)
    if lacking:
        console.print(f"at a threshold, without a finite-size term: {lacking} points")
    rows = [row for row in rows if "z" in row]
    if not rows:
        return
    z, gap = np.abs(numbers(rows, "z")), np.abs(numbers(rows, "relative_gap"))
    limit, stderr = numbers(rows, "predicted_total"), numbers(rows, "stderr_total")
    alone = np.abs(numbers(rows, "simulated_total") - limit) / stderr
    term = np.abs(numbers(rows, "finite_size_total")) / limit
    console.print(
        f"worst |z| {z.max():.1f}, worst gap {np.nanmax(gap, initial=0):.2%}, "
        f"{(z <= WITHIN).mean():.0%} of points within {WITHIN} s.e. of theory; "
        f"of its limit, without the finite-size term, {(alone <= WITHIN).mean():.0%}"
    )
    if (term > LARGE).any():
        console.print(
            f"with a term of over {LARGE:.0%} of the limit: {(term > LARGE).sum()} points; "
            "there the next order, about its square, counts too"
        )


def _print_plateaus(console: Console, study: Study, points: list[Point]) -> None:
    """The level each curve tends to, and the n at which its error is twice the clean curve's."""
    names = [name for name in swept(points) if name != "n"]
    mixed = "synthetic_fraction" in study.model.fields
    curves = {
        tuple(p[name] for name in names): p for p in points if not mixed or p["synthetic_fraction"]
    }
    if not curves:
        return
    title = "plateaus: error as n grows" + (
        ", and the n where it is twice the clean one" if mixed else ""
    )
    fields = [study.model.fields[name].column for name in names]
    table = number_table(title, *fields, "plateau", *(["leaves at n"] if mixed else []))
    n = np.geomspace(min(p["n"] for p in points), max(p["n"] for p in points), CURVE)
    for values, point in curves.items():
        cells = [f"{totals(study, point, np.array([INFINITE]))[0]:.3g}"]
        if mixed:
            clean = totals(study, point | {"synthetic_fraction": 0.0}, n)
            cells.append(_crossing(n, totals(study, point, n), clean))
        table.add_row(*map(_short, values), *cells)
    console.print(table)


def _crossing(n: np.ndarray, error: np.ndarray, clean: np.ndarray) -> str:
    with np.errstate(divide="ignore", invalid="ignore"):  # where both vanish or are infinite
        double = np.flatnonzero(error / clean >= 2)
    return "beyond" if not double.size else "before" if double[0] == 0 else f"{n[double[0]]:.2g}"


def totals(study: Study, point: Point, n: np.ndarray) -> np.ndarray:
    """Predicted total error along n, sample sizes not rounded."""
    function = study.model.function
    stacks = stacked(lambda row: function(**row), [point | {"n": float(value)} for value in n])
    return np.array([prediction.limit.total for prediction in predictions(stacks)])


def _short(value: Value, form: str = "{:g}") -> str:
    if value is None:
        return NONE
    return form.format(value) if isinstance(value, int | float) else value or "-"
