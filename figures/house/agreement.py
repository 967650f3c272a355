"""How the points of a figure agree with its lines, from the arrays saved beside it."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.table import Table

from workbench.command import number_table
from workbench.records import read_csv

# Sampling error that is granted before the rest of a gap counts.
GRANTED = 3.0
HEADERS = ["figure", "points", "worst |z|", "within 3 s.e.", "worst gap", "beyond 3 s.e."]
HEADERS += ["within 3 s.e. of the limit"]


class Agreement(NamedTuple):
    """Simulated points against theory at the same points.

    - `worst_z`: largest |gap| in standard errors;
    - `within`: fraction of points within 3 standard errors;
    - `worst_gap`: largest |gap| / theory;
    - `beyond`: the smallest b for which every |gap| <= 3 s.e. + b theory;
    - `within_limit`: `within` for the limit of the theory, without a finite-size term; NaN where the theory
      knows no finite size.
    """

    points: int
    worst_z: float
    within: float
    worst_gap: float
    beyond: float
    within_limit: float


def agreement(path: Path) -> Agreement | None:
    """The agreement of a figure's saved arrays; None if it has no simulated points."""
    points = [row for row in read_csv(path) if row["kind"] == "simulation"]
    measured = [
        [*(row[name] for name in columns), row.get(columns[-1].replace("theory", "limit"), np.nan)]
        for columns in (("y", "stderr", "theory"), ("x", "x_stderr", "x_theory"))
        for row in points
        if columns[-1] in row
    ]
    if not measured:
        return None
    value, stderr, theory, limit = np.array(measured, dtype=float).T
    gap = np.abs(value - theory)
    # A quantity that is zero in every draw (zeta of clean data) has no error bar and no gap.
    known = (stderr > 0) | (gap > 0)
    gap, stderr, theory = gap[known], stderr[known], np.abs(theory[known])
    z, from_limit = gap / stderr, (np.abs(value - limit)[known] / stderr)[np.isfinite(limit[known])]
    beyond = np.maximum(gap - GRANTED * stderr, 0)
    return Agreement(
        points=len(gap),
        worst_z=z.max(),
        within=(z <= GRANTED).mean(),
        worst_gap=(gap / theory).max(),
        beyond=(beyond / theory).max(),
        within_limit=(from_limit <= GRANTED).mean() if from_limit.size else np.nan,
    )


def cells(name: str, measured: Agreement | None) -> list[str]:
    """One row of the report."""
    if measured is None:
        return [name, "0", *["-"] * (len(HEADERS) - 2)]
    points, worst_z, within, worst_gap, beyond, within_limit = measured
    percentages = [f"{worst_gap:.2%}", f"{beyond:.2%}" if beyond else "none"]
    alone = "-" if np.isnan(within_limit) else f"{within_limit:.0%}"
    return [name, f"{points}", f"{worst_z:.1f}", f"{within:.0%}", *percentages, alone]


def as_table(agreements: dict[str, Agreement | None]) -> Table:
    """The report for the terminal."""
    table = number_table("simulated points against theory", *HEADERS, left="figure")
    for name, value in agreements.items():
        table.add_row(*cells(name, value))
    return table


def as_markdown(agreements: dict[str, Agreement | None]) -> str:
    """The report for the gallery."""
    lines = [HEADERS, ["---"] + ["---:"] * (len(HEADERS) - 1)]
    lines += [cells(name, value) for name, value in agreements.items()]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
