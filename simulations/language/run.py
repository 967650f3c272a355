"""The study from Python: language models of real and synthetic stories, trained and measured."""

from pathlib import Path

from simulations.language import cost, study
from simulations.language.plan import Plan
from simulations.language.results import (
    COLUMNS,
    Place,
    Stories,
    corpus_of,
    inputs,
    measure,
    workshop_of,
)
from simulations.language.samples import samples
from workbench.cluster import Cluster
from workbench.files import write_text
from workbench.fingerprint import fingerprint
from workbench.job import Job
from workbench.records import Record, write_table
from workbench.run import Outcome
from workbench.run import run as run_jobs
from workbench.store import refuse_older

TABLE, SAMPLES = "language", "stories.txt"
GRAMMAR = Stories(None)


def run(
    folder: Path,
    *,
    quick: bool = False,
    plan: Plan | None = None,
    stories: Stories = GRAMMAR,
    key: int = 0,
    cluster: Cluster | None = None,
) -> Outcome:
    """Train what the folder does not know yet; write the table and, for people, ten stories a stage.

    `plan` is, if not told, the default or the `quick` one.  A run that was killed goes on from the last
    training steps that it saved.  Raises ValueError for a folder or a file that cannot be used, OSError
    where nothing can be written.
    """
    plan = plan or (study.quick() if quick else study.DEFAULT)
    refuse_older(folder, TABLE)
    code = fingerprint(inputs.__module__)
    place = Place(stories, plan, key, folder.resolve() / "unfinished", code)
    outcome = run_jobs(jobs(place), folder, cluster)
    write_table(folder, TABLE, COLUMNS, outcome.rows)
    if not outcome.failed:
        workshop = workshop_of(place)
        if outcome.reused < len(outcome.rows) or not (folder / SAMPLES).exists():
            write_text(folder / SAMPLES, samples(workshop))
        workshop.clear()
        workshop_of.cache_clear()  # with all its stories
    return outcome


def jobs(place: Place) -> list[Job]:
    """A job for each model of the plan; the first that wants a generator pays for it."""
    corpus, prepared = corpus_of(place.stories), []
    before = cost.Cost(0, 0.0, 0.0)
    for number, job in enumerate(place.plan.jobs, start=1):
        total = cost.total(corpus, place.plan, place.plan.jobs[:number])
        flops = max(total.flops - before.flops, 1.0)
        before = total
        prepared.append(
            Job(
                name=str(job),
                inputs=inputs(job, place),
                work=measure,
                arguments=(job, place, flops),
                labels={"study": job.study},
                cost=flops,
            )
        )
    return prepared


def speeds(outcome: Outcome) -> dict[str, Record]:
    """How fast models were trained, all seeds together, by their shape; the last one's of several.

    In tokens and in floating-point operations a second, and as part of a matrix product's speed.
    """
    return {
        str(facts["shape"]): {name: value for name, value in facts.items() if name != "shape"}
        for facts in outcome.facts.values()
    }
