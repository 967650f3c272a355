"""How the points of a figure agree with its lines, from the arrays saved beside it."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.table import Table

from workbench.command import number_table
from workbench.records import read_csv

# Sampling error that is granted before the rest of a gap counts as finite size.
GRANTED = 3.0
HEADERS = ["figure", "points", "worst |z|", "within 3 s.e.", "worst gap", "finite-size term"]


class Agreement(NamedTuple):
    """Simulated points against theory at the same points.

    - `worst_z`: largest |gap| in standard errors, no finite-size term granted;
    - `within`: fraction of points within 3 standard errors, none granted;
    - `worst_gap`: largest |gap| / theory;
    - `finite_size`: the smallest c for which every |gap| <= 3 s.e. + (c / size) theory; NaN where
      points have no size to speak of, as those of real data.
    """

    points: int
    worst_z: float
    within: float
    worst_gap: float
    finite_size: float


def agreement(path: Path) -> Agreement | None:
    """The agreement of a figure's saved arrays; None if it has no simulated points."""
    points = [row for row in read_csv(path) if row["kind"] == "simulation"]
    measured = [
        [row[name] for name in (*columns, "size")]
        for columns in (("y", "stderr", "theory"), ("x", "x_stderr", "x_theory"))
        for row in points
        if columns[-1] in row
    ]
    if not measured:
        return None
    value, stderr, theory, size = np.array(measured, dtype=float).T
    gap = np.abs(value - theory)
    # A quantity that is zero in every draw (zeta of clean data) has no error bar and no gap.
    known = (stderr > 0) | (gap > 0)
    gap, stderr, theory, size = gap[known], stderr[known], np.abs(theory[known]), size[known]
    z = gap / stderr
    beyond = np.maximum(gap - GRANTED * stderr, 0)
    return Agreement(
        points=len(gap),
        worst_z=z.max(),
        within=(z <= GRANTED).mean(),
        worst_gap=(gap / theory).max(),
        finite_size=(beyond / theory * size).max(),
    )


def cells(name: str, measured: Agreement | None) -> list[str]:
    """One row of the report."""
    if measured is None:
        return [name, "0", "-", "-", "-", "-"]
    points, worst_z, within, worst_gap, finite_size = measured
    if np.isnan(finite_size):
        return [name, f"{points}", "-", "-", f"{worst_gap:.2%}", "-"]
    term = f"{finite_size:.2g} / d" if finite_size else "none"
    return [name, f"{points}", f"{worst_z:.1f}", f"{within:.0%}", f"{worst_gap:.2%}", term]


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
