"""A sweep from Python: theory and simulation at every point of a study's grid."""

from pathlib import Path
from typing import NamedTuple

from simulations.sweep.grid import Point, points
from simulations.sweep.rows import RESULTS, columns_of, inputs_of, jobs
from simulations.sweep.study import Study
from simulations.sweep.theory import Stack, predictions, stacked, unstacked
from simulations.whole import whole
from workbench.cluster import Cluster
from workbench.records import Record, write_table
from workbench.run import run as run_jobs
from workbench.store import as_question, refuse_older

TABLE = "sweep"
MEMORY = 4e9  # bytes that one batch of seeds may use


class Sweep(NamedTuple):
    """The points of a grid and their rows, in the same order."""

    points: list[Point]
    rows: list[Record]
    tables: list[Path]
    reused: int  # rows that an earlier run had computed

    @property
    def failed(self) -> list[Record]:
        """Rows without all of their numbers."""
        return [row for row in self.rows if row["status"] != "ok"]


def run(study: Study, folder: Path, *, memory: float = MEMORY, cluster: Cluster | None = None) -> Sweep:
    """Compute what the folder does not have yet, and write the table of exactly these rows.

    Raises ValueError for a grid or a folder that cannot be, OSError where nothing can be written.
    """
    refuse_older(folder, TABLE)
    grid, stacks = problems_of(study)
    problems = unstacked(stacks)
    asked = inputs_of(grid, problems, study.run, study.model.code)
    todo = jobs(asked, problems, predictions(stacks, study.run["features"]), study.run, memory)
    outcome = run_jobs(todo, folder, cluster)
    computed = {_question(row): row for row in outcome.rows}
    reasons = {
        _question(inputs): outcome.failed.get(job.name, "") for job in todo for inputs in job.inputs
    }
    rows = [
        computed.get(question) or inputs | {"status": reasons[question]}
        for question, inputs in zip(map(_question, asked), asked, strict=True)
    ]
    return Sweep(grid, rows, write_table(folder, TABLE, columns_of(asked), rows), outcome.reused)


def problems_of(study: Study) -> tuple[list[Point], list[Stack]]:
    """The points of a study's grid and their problems, of whole sample sizes."""
    grid = points(study.model, study.grid, fastest=study.x)
    return grid, stacked(lambda point: whole(study.model.function(**point)), grid)


def _question(row: Record) -> str:
    return as_question({name: value for name, value in row.items() if name not in RESULTS})
