"""A width study in the output folder of a forecast."""

from pathlib import Path
from typing import NamedTuple

from simulations.forecast.recipe import Recipe
from simulations.forecast.width.sizes import checked_widths, row_numbers
from simulations.forecast.width.study import COLUMNS, WidthStudy
from simulations.forecast.width.work import studied
from workbench import run as runner
from workbench.cluster import Cluster
from workbench.fingerprint import fingerprint
from workbench.job import Job
from workbench.records import Record, write_table
from workbench.run import Outcome

TABLE = "forecast.width"


class Studied(NamedTuple):
    """A study, the files of its table, and how its run went; no study where that failed."""

    study: WidthStudy | None
    tables: list[Path]
    outcome: Outcome


def run(
    recipe: Recipe, widths: list[int], judged: Record, folder: Path, cluster: Cluster | None = None
) -> Studied:
    """The study of a recipe whose verdict is known; what the folder has is not computed again.

    Raises ValueError for what is no width, and OSError when nothing more can be written.
    """
    ordered = checked_widths(widths)
    n_real, n_synthetic = (int(judged[name] or 0) for name in ("n_real", "n_synthetic"))
    numbers = row_numbers(n_real, n_synthetic, bool(judged["paired"]), recipe.folds)
    identity: Record = recipe.identity | {"code": fingerprint(studied.__module__)}
    identity |= {"widths": ",".join(map(str, ordered))}
    inputs = [
        identity | {"part": "width", "width": width, **rows._asdict()}
        for width in ordered
        for rows in numbers
    ]
    job = Job(
        "widths",
        [*inputs, identity | {"part": "width verdict"}],
        studied,
        (recipe, ordered),
        cost=float(len(ordered)),
    )
    outcome = runner.run([job], folder, cluster)
    if outcome.failed:
        return Studied(None, [], outcome)
    *rows, last = outcome.rows
    table = [{name: row[name] for name in COLUMNS if name in row} for row in rows]
    verdict = {name: value for name, value in last.items() if name not in inputs[0]}
    verdict["widths"] = identity["widths"]
    tables = write_table(folder, TABLE, COLUMNS, table)
    return Studied(WidthStudy(table, verdict), tables, outcome)
