"""Rows of the results table: their columns, their keys, and how they are computed."""

import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

from simulations.code import code_version
from simulations.simulate import Draws, simulate_draws
from simulations.sweep.grid import FIELDS, Point, counts, problem
from simulations.sweep.study import RUN
from simulations.sweep.theory import Prediction, predictions
from simulations.table import Row, as_text

PARTS = ("bias", "variance", "zeta", "total")
INPUTS = [*FIELDS, "n_real", "n_synthetic", "features", "measure", "dtype", "seeds", "key", "code"]
RESULTS = [f"{kind}_{part}" for kind in ("predicted", "simulated", "stderr") for part in PARTS]
# Fields that the risk is linear in, and the ridge: one simulation serves all their values.
SHARED = ("quality", "noise", "signal", "ridge")
COLUMNS = [*INPUTS, *RESULTS, "relative_gap", "z", "status"]


def inputs(point: Point, run: dict[str, Any]) -> Row:
    """The input columns of a row.  Rows that differ in `SHARED` fields only have the same key.

    `simulate(problem, seeds, key)` with the row's entries gives its simulated columns again.
    """
    real, synthetic = counts(point)
    row = {name: as_text(point[name]) for name in FIELDS}
    row |= {"n_real": str(real), "n_synthetic": str(synthetic)}
    row |= {name: str(run[name]) for name in RUN}
    drawn = {name: text for name, text in row.items() if name not in _shared(run["measure"])}
    row["key"] = str(zlib.crc32("|".join(drawn.values()).encode()))
    return row | {"code": code_version()}


def _shared(measure: str) -> tuple[str, ...]:
    return SHARED if measure == "averaged" else ()


class Job(NamedTuple):
    """Grid points that one simulation serves, their rows, and what the theory says."""

    points: list[Point]
    rows: list[Row]
    predictions: list[Prediction]


def jobs(grid: list[Point], rows: list[Row]) -> list[Job]:
    """The simulations that these rows need; theory for all at once."""
    found: dict[str, Job] = {}
    for point, row, prediction in zip(grid, rows, predictions(grid), strict=True):
        job = found.setdefault(row["key"], Job([], [], []))
        job.points.append(point)
        job.rows.append(row)
        job.predictions.append(prediction)
    return list(found.values())


def results(job: Job, memory: float, progress: Callable[[int], object]) -> list[Row]:
    """Complete rows of a job.

    A point that fails has the reason as its `status` and no number of the part that failed.
    """
    empty = {name: "" for name in COLUMNS if name not in INPUTS}
    draws = _simulated(job, memory, progress)
    return [
        row | empty | _result(point, prediction, draws)
        for point, row, prediction in zip(*job, strict=True)
    ]


def _simulated(job: Job, memory: float, progress: Callable[[int], object]) -> Draws | str:
    """The draws of a job, or why there are none."""
    point, row = job.points[0], job.rows[0]
    if "quality" in _shared(row["measure"]):
        point = point | {"quality": 1.0, "noise": 1.0, "signal": 1.0}
    try:
        return simulate_draws(
            problem(point),
            [p["ridge"] for p in job.points],
            seeds=int(row["seeds"]),
            key=int(row["key"]),
            measure=row["measure"],
            features=row["features"],
            dtype=row["dtype"],
            memory=memory,
            progress=progress,
        )
    except (ArithmeticError, ValueError, RuntimeError, MemoryError) as error:
        return _reason(error)


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


def _result(point: Point, prediction: Prediction, draws: Draws | str) -> Row:
    """The result columns of one grid point."""
    if prediction.reason:
        return {"status": prediction.reason}
    result = {f"predicted_{part}": as_text(getattr(prediction, part)) for part in PARTS}
    if isinstance(draws, str):
        return result | {"status": draws}
    names = {"signal": "signal", "noise": "noise", "quality": "shift"}
    factors = {factor: point[name] for name, factor in names.items()} if draws.separable else {}
    try:
        estimate = draws.estimate(point["ridge"], **factors)
    except ArithmeticError as error:
        return result | {"status": _reason(error)}
    for kind, risk in (("simulated", estimate.mean), ("stderr", estimate.stderr)):
        for part in PARTS:
            if getattr(risk, part) is not None:
                result[f"{kind}_{part}"] = as_text(float(getattr(risk, part)))
    gap = float(estimate.mean.total) - prediction.total
    if abs(gap) != float("inf"):
        result["relative_gap"] = as_text(gap / prediction.total) if prediction.total else ""
        result["z"] = as_text(gap / float(estimate.stderr.total)) if estimate.stderr.total else ""
    return result | {"status": "ok"}
