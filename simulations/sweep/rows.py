"""Rows of the results table: their columns, their keys, and how they are computed."""

import zlib
from collections.abc import Callable, Iterator
from typing import Any

from simulations.code import code_version
from simulations.simulate import simulate
from simulations.sweep.grid import FIELDS, Point, counts, problem
from simulations.sweep.study import RUN
from simulations.sweep.theory import Prediction, predictions
from simulations.table import Row, as_text

PARTS = ("bias", "variance", "zeta", "total")
INPUTS = [*FIELDS, "n_real", "n_synthetic", "features", "measure", "dtype", "seeds", "key", "code"]
RESULTS = [f"{kind}_{part}" for kind in ("predicted", "simulated", "stderr") for part in PARTS]
COLUMNS = [*INPUTS, *RESULTS, "relative_gap", "z", "status"]


def inputs(point: Point, run: dict[str, Any]) -> Row:
    """The input columns of a row; its key is its own, so that rows are independent draws.

    `simulate(problem, seeds, key)` with the row's entries gives its simulated columns again.
    """
    real, synthetic = counts(point)
    row = {name: as_text(point[name]) for name in FIELDS}
    row |= {"n_real": str(real), "n_synthetic": str(synthetic)}
    row |= {name: str(run[name]) for name in RUN}
    row["key"] = str(zlib.crc32("|".join(row.values()).encode()))
    return row | {"code": code_version()}


def results(
    grid: list[Point], rows: list[Row], memory: float, progress: Callable[[int], object]
) -> Iterator[Row]:
    """Complete rows, one by one: theory for all at once, then each simulation.

    A point that fails has the reason as its `status` and no number of the part that failed.
    """
    empty = {name: "" for name in COLUMNS if name not in INPUTS}
    for point, row, prediction in zip(grid, rows, predictions(grid), strict=True):
        yield row | empty | _result(point, row, prediction, memory, progress)


def _result(
    point: Point, row: Row, prediction: Prediction, memory: float, progress: Callable[[int], object]
) -> Row:
    """The result columns of one grid point."""
    if prediction.reason:
        return {"status": prediction.reason}
    result = {f"predicted_{part}": as_text(getattr(prediction, part)) for part in PARTS}
    try:
        estimate = simulate(
            problem(point),
            seeds=int(row["seeds"]),
            key=int(row["key"]),
            measure=row["measure"],
            features=row["features"],
            dtype=row["dtype"],
            memory=memory,
            progress=progress,
        )
    except (ArithmeticError, ValueError, RuntimeError, MemoryError) as error:
        return result | {"status": " ".join(str(error).split())[:300] or type(error).__name__}
    for kind, risk in (("simulated", estimate.mean), ("stderr", estimate.stderr)):
        for part in PARTS:
            if getattr(risk, part) is not None:
                result[f"{kind}_{part}"] = as_text(float(getattr(risk, part)))
    gap = float(estimate.mean.total) - prediction.total
    if abs(gap) != float("inf"):
        result["relative_gap"] = as_text(gap / prediction.total) if prediction.total else ""
        result["z"] = as_text(gap / float(estimate.stderr.total)) if estimate.stderr.total else ""
    return result | {"status": "ok"}
