"""The study from Python: chains of language models, each round learning from what the last one wrote."""

import shutil
from pathlib import Path

from simulations.language.generations import study
from simulations.language.generations.results import COLUMNS, Place, inputs, measure, work, workshop_of
from simulations.language.generations.study import Study
from workbench.cluster import Cluster
from workbench.fingerprint import fingerprint
from workbench.job import Job
from workbench.records import write_table
from workbench.run import Outcome
from workbench.run import run as run_jobs
from workbench.store import refuse_older

TABLE = "generations"


def run(
    folder: Path,
    *,
    quick: bool = False,
    chains: Study | None = None,
    key: int = 0,
    cluster: Cluster | None = None,
) -> Outcome:
    """Train the chains that the folder does not know yet, and write the table.

    A run that was killed goes on from the last training steps that it saved.  Raises ValueError for a
    folder that cannot be used, OSError where nothing can be written.
    """
    asked = chains or (study.quick() if quick else study.DEFAULT)
    refuse_older(folder, TABLE)
    unfinished = folder.resolve() / "unfinished"
    code = fingerprint(inputs.__module__)
    place = Place(asked.plan, asked.n, asked.rounds, key, unfinished, code)
    jobs = [
        Job(
            name=str(chain),
            inputs=inputs(chain, place),
            work=measure,
            arguments=(chain, place, work(chain, place)),
            labels={"study": TABLE},
            cost=work(chain, place),
        )
        for chain in asked.chains
    ]
    outcome = run_jobs(jobs, folder, cluster)
    write_table(folder, TABLE, COLUMNS, outcome.rows)
    if not outcome.failed:
        shutil.rmtree(unfinished, ignore_errors=True)
        workshop_of.cache_clear()
    return outcome
