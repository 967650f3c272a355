"""A forecast in an output folder: jobs that survive a kill, a table, a verdict."""

from pathlib import Path
from typing import NamedTuple

from simulations.forecast.recipe import Recipe
from simulations.forecast.rows import COLUMNS, Extent, Size, as_row, forecast_sizes, trial_sizes
from simulations.forecast.verdict import trust
from simulations.forecast.work import forecasts, judgement, trials
from workbench import run as runner
from workbench.cluster import Cluster
from workbench.fingerprint import fingerprint
from workbench.job import Job
from workbench.records import Record, write_table
from workbench.run import Outcome
from workbench.store import refuse_older

TABLE = "forecast"
COSTS = {"verdict": 4.0, "forecast": 1.0, "trials": 6.0}  # shares of the progress bar, about


class Outlook(NamedTuple):
    """A verdict and the rows of its table; `failed` says what could not be computed, and why."""

    verdict: Record
    rows: list[Record]
    tables: list[Path]
    failed: dict[str, str]
    seconds: dict[str, float]
    reused: int


def run(recipe: Recipe, folder: Path, cluster: Cluster | None = None) -> Outlook:
    """The forecast of a recipe; what the folder has is not computed again.

    Raises ValueError for bad input, and OSError when nothing more can be written or the cluster is lost.
    """
    refuse_older(folder, TABLE)
    identity: Record = recipe.identity | {"code": fingerprint(judgement.__module__)}
    first = Job("verdict", [identity | {"part": "verdict"}], judgement, (recipe,), cost=COSTS["verdict"])
    judged = runner.run([first], folder, cluster)
    if judged.failed:
        raise ValueError(judged.failed["verdict"])
    verdict = {name: value for name, value in judged.rows[0].items() if name not in identity}
    jobs = _jobs(recipe, identity, _extent(recipe, verdict))
    outcome = runner.run(jobs, folder, cluster)
    rows = [as_row(Size(*(row[name] for name in Size._fields)), row) for row in outcome.rows]  # type: ignore[arg-type]
    tables = write_table(folder, TABLE, COLUMNS, rows)
    return Outlook(verdict | trust(rows), rows, tables, outcome.failed, *_totals(judged, outcome))


def _jobs(recipe: Recipe, identity: Record, extent: Extent) -> list[Job]:
    """A job a forecast, and one for all trials."""

    def asked(size: Size, part: str) -> Record:
        return identity | {"part": part} | size._asdict()

    jobs = [
        Job(_name(size), [asked(size, "forecast")], forecasts, (recipe, size), cost=COSTS["forecast"])
        for size in forecast_sizes(extent)
    ]
    tried = trial_sizes(extent)
    inputs = [asked(size, "trial") for size in tried]
    return [
        *jobs,
        Job("trained models", inputs, trials, (recipe, tried), cost=COSTS["trials"] * recipe.seeds),
    ]


def _extent(recipe: Recipe, verdict: Record) -> Extent:
    ridges = None if isinstance(recipe.ridge, str) else recipe.ridge
    return Extent(
        int(verdict["n_real"] or 0),
        int(verdict["n_synthetic"] or 0),
        bool(verdict["paired"]),
        recipe.folds,
        None if verdict.get("best_weight") is None else float(verdict["best_weight"] or 0),
        ridges,
    )


def _name(size: Size) -> str:
    return f"{size.n_real:,} real, {size.n_synthetic:,} synthetic rows, weight {size.weight:g}"


def _totals(*outcomes: Outcome) -> tuple[dict[str, float], int]:
    seconds = {name: value for outcome in outcomes for name, value in outcome.seconds.items()}
    return seconds, sum(outcome.reused for outcome in outcomes)
