"""Tables of trained models that figures are drawn from: those beside the figures, or newly computed."""

import importlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from workbench.records import Record, read_csv

FOLDER = Path(__file__).parents[1] / "tables"


def committed(program: str) -> list[Record]:
    """The rows of the table beside the figures that `python -m simulations.PROGRAM` made."""
    return read_csv(FOLDER / f"{program}.csv")


@cache
def computed(program: str, folder: Path, quick: bool) -> list[Record]:
    """The rows of a run on this machine, one for all figures.

    It takes as long as the program, needs its data, and resumes if killed.  Raises RuntimeError if a job
    of it failed.
    """
    # By name: what draws a table does not depend, nor does its fingerprint, on what makes it.
    run = importlib.import_module(f"simulations.{program}.run").run
    outcome = run(folder, quick=quick)
    if outcome.failed:
        raise RuntimeError(f"{len(outcome.failed)} jobs of simulations.{program}: {outcome.failed}")
    return outcome.rows


def code(rows: Iterable[Record]) -> str:
    """The fingerprint of the code that made these rows; of several codes all."""
    return " ".join(sorted({str(row["code"]) for row in rows}))
