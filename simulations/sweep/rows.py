"""Rows of the results table: their columns, the jobs that compute them, and their results."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from collapse_theory import Problem
from simulations.simulate import Draws, simulate_draws
from simulations.sweep.draws import Factors, groups, random_key
from simulations.sweep.theory import Parts, Prediction
from workbench.fingerprint import fingerprint
from workbench.job import EXPECTED, Answer, Job
from workbench.records import Record

PARTS = Parts._fields
# How a simulation is done; the memory that it may take changes no number.
RUN = {"seeds": 64, "key": 0, "dtype": "float64", "measure": "averaged", "features": "gaussian"}
KINDS = ("predicted", "finite_size", "simulated", "stderr")
RESULTS = [f"{kind}_{part}" for kind in KINDS for part in PARTS]
# Gaps to limit and finite-size term, the second alone to the limit.
RESULTS += ["relative_gap", "z", "limit_gap", "status"]


class Wanted(NamedTuple):
    """What a row takes from the draws of its job, and what the theory says."""

    ridge: float
    counts: list[float]  # n_k
    factors: Factors
    prediction: Prediction


def inputs_of(
    points: list[Record], problems: list[Problem], run: dict[str, Any], code: str
) -> list[Record]:
    """What identifies the rows of these points, problems with whole sample sizes.

    `simulate(problem, seeds, key, ...)` with a row's entries gives its simulated columns again; rows
    that share their draws have the same key.
    """
    code = f"{fingerprint(__name__)}-{code}"
    settings = " ".join(f"{name}={run[name]}" for name in ("key", "dtype", "measure", "features"))
    rows = []
    for point, problem in zip(points, problems, strict=True):
        counts = {f"n_{k}": round(float(s.n)) for k, s in enumerate(problem.sources, start=1)}
        key = random_key(problem, run["measure"], settings)
        rows.append({**point, **counts, **run, "key": key, "code": code})
    return rows


def columns_of(rows: list[Record]) -> list[str]:
    """The columns of a table with these inputs; sources may be fewer in some rows than in others."""
    return [*dict.fromkeys(name for row in rows for name in row), *RESULTS]


def jobs(
    inputs: list[Record],
    problems: list[Problem],
    predictions: list[Prediction],
    run: dict[str, Any],
    memory: float,
) -> list[Job]:
    """The simulations that these rows need."""
    draws = groups(problems, run["measure"])
    return [
        Job(
            name=f"simulation {i} of {len(draws)}, {_sizes(group.problem)}",
            inputs=[inputs[place] for place in group.places],
            work=results,
            arguments=(
                jax.tree.map(jnp.asarray, group.reference),
                [
                    _wanted(problems[place], factors, predictions[place])
                    for place, factors in zip(group.places, group.factors, strict=True)
                ],
                {**run, "key": inputs[group.places[0]]["key"]},
                memory,
            ),
        )
        for i, group in enumerate(draws, start=1)
    ]


def _sizes(problem: Problem) -> str:
    samples = sum(float(source.n) for source in problem.sources)
    return f"n = {samples:g}" + ("" if problem.width is None else f", m = {float(problem.width):g}")


def _wanted(problem: Problem, factors: Factors, prediction: Prediction) -> Wanted:
    counts = [float(source.n) for source in problem.sources]
    return Wanted(float(problem.ridge), counts, factors, prediction)


def results(
    problem: Problem,
    rows: list[Wanted],
    run: dict[str, Any],
    memory: float,
    progress: Callable[[float], object],
) -> Answer:
    """Results of rows that share the draws of one problem.

    A row that fails has the reason as its `status` and no number of the part that failed.
    """
    draws = _simulated(problem, rows, run, memory, progress)
    return Answer([_result(row, draws) for row in rows])


def _simulated(
    problem: Problem,
    rows: list[Wanted],
    run: dict[str, Any],
    memory: float,
    progress: Callable[[float], object],
) -> Draws | str:
    """The draws of a problem, or why there are none."""
    try:
        return simulate_draws(
            problem,
            [row.ridge for row in rows],
            memory=memory,
            progress=lambda seeds: progress(seeds / run["seeds"]),
            **run,
        )
    except EXPECTED as error:
        return _reason(error)


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


def _result(row: Wanted, draws: Draws | str) -> Record:
    """The result columns of one row."""
    prediction = row.prediction
    if prediction.reason:
        return {"status": prediction.reason}
    result: Record = {f"predicted_{part}": getattr(prediction.limit, part) for part in PARTS}
    if prediction.finite_size is not None:
        result |= {f"finite_size_{part}": getattr(prediction.finite_size, part) for part in PARTS}
    if isinstance(draws, str):
        return result | {"status": draws}
    try:
        draws = draws if draws.labels is None else draws.relabelled(row.counts)
        estimate = draws.estimate(row.ridge, **(row.factors if draws.separable else {}))
    except ArithmeticError as error:
        return result | {"status": _reason(error)}
    for kind, risk in (("simulated", estimate.mean), ("stderr", estimate.stderr)):
        numbers = ((part, getattr(risk, part)) for part in PARTS)
        result |= {f"{kind}_{part}": float(number) for part, number in numbers if number is not None}
    return result | dict(_comparison(prediction, estimate)) | {"status": "ok"}


def _comparison(prediction: Prediction, estimate: Any) -> Iterator[tuple[str, float]]:
    """The gap between simulation and theory: relative, and in standard errors, where there are any."""
    mean, limit = float(estimate.mean.total), prediction.limit.total
    gap = mean - prediction.total
    if np.isfinite(gap):
        if prediction.total:
            yield "relative_gap", gap / prediction.total
        if estimate.stderr.total:
            yield "z", gap / float(estimate.stderr.total)
        if limit:
            yield "limit_gap", mean / limit - 1
