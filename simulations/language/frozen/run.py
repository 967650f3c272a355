"""The study from Python: networks trained on mixes of the grammar's stories, and their readouts."""

from pathlib import Path

from simulations.language.frozen import plan as prepared
from simulations.language.frozen.plan import Plan
from simulations.language.frozen.results import Task, work
from simulations.language.frozen.world import author_place
from simulations.language.readout.world import forget
from workbench.cluster import Cluster
from workbench.fingerprint import fingerprint
from workbench.job import Job
from workbench.records import Record, write_table
from workbench.run import Outcome
from workbench.run import run as run_jobs
from workbench.store import refuse_older

TABLE = "frozen"
INPUTS = [
    "p2",
    "network",
    "stories",
    "network_stories",
    "network_steps",
    "network_width",
    "network_depth",
]
INPUTS += ["author_stories", "author_steps", "author_width", "author_depth", "author_temperature"]
INPUTS += ["author_written", "pool", "ridge", "seeds", "recipe", "key", "code"]
MEASURED = ["network_loss", "network_excess", "network_squared", "network_squared_stderr"]
MEASURED += ["error", "error_stderr", "predicted_error"]
MEASURED += ["collapse", "collapse_stderr", "predicted_collapse"]
MEASURED += ["loss", "loss_stderr", "predicted_loss"]
MEASURED += ["clean_loss", "clean_loss_stderr", "predicted_clean_loss"]
MEASURED += ["loss_collapse", "loss_collapse_stderr", "predicted_loss_collapse", "noise", "c2"]
COLUMNS = [*INPUTS, *MEASURED]


def run(
    folder: Path,
    *,
    quick: bool = False,
    plan: Plan | None = None,
    key: int = 0,
    cluster: Cluster | None = None,
) -> Outcome:
    """Train the networks that the folder does not know yet, and their readouts.

    Without a `plan`: the default one, or its quick version.
    Raises ValueError for a folder that cannot be used, OSError where nothing can be written.
    """
    refuse_older(folder, TABLE)
    plan = plan or (prepared.quick() if quick else prepared.DEFAULT)
    code, unfinished = fingerprint(work.__module__), folder.resolve() / "unfinished"
    tasks = [
        Task(plan, fraction, network, key, unfinished, code)
        for network in range(plan.networks)
        for fraction in sorted(plan.fractions)
    ]
    planned = [
        Job(
            name=f"p2 = {task.fraction:g}, network {task.network + 1}",
            inputs=inputs(task),
            work=work,
            arguments=(task,),
        )
        for task in tasks
    ]
    outcome = run_jobs(planned, folder, cluster)
    write_table(folder, TABLE, COLUMNS, outcome.rows)
    if not outcome.failed:
        for network in range(plan.networks):
            forget(author_place(plan, network, key, unfinished, code))
    return outcome


def inputs(task: Task) -> list[Record]:
    """What identifies the rows of a network."""
    plan = task.plan
    common: Record = {"p2": task.fraction, "network": task.network}
    common |= {f"network_{name}": value for name, value in plan.network._asdict().items()}
    common |= {f"author_{name}": value for name, value in plan.author._asdict().items()}
    recipe = " ".join(f"{name}={value}" for name, value in plan.recipe._asdict().items())
    common |= {"pool": plan.pool, "ridge": plan.ridge, "seeds": plan.seeds, "recipe": recipe}
    common |= {"key": task.key, "code": task.code}
    return [common | {"stories": size} for size in plan.sizes]
