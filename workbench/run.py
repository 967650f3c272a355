"""The runner: jobs, here or on a cluster; what the store knows already is not computed again."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from rich.progress import Progress as Bar
from rich.progress import TaskID

from workbench.cluster import Cluster
from workbench.command import share_bar
from workbench.job import Done, Job, attempt
from workbench.records import Record
from workbench.store import Store, as_question

OK = "ok"  # the `status` of a row that is not to be computed again; rows without one are


class Outcome(NamedTuple):
    """The rows of a run in the order of its jobs; of its jobs by name: failures, seconds and facts."""

    rows: list[Record]
    failed: dict[str, str]
    seconds: dict[str, float]
    facts: dict[str, Record]
    reused: int  # rows that an earlier run had computed


def run(jobs: Sequence[Job], folder: Path, cluster: Cluster | None = None) -> Outcome:
    """Answer all jobs, from the folder's store where it has the rows, and put there what is new.

    A run that was killed goes on where it was.  Rows of jobs that fail are left out.  Raises ValueError
    for a folder that cannot be used and OSError when nothing more can be written or the cluster is lost.
    """
    failed: dict[str, str] = {}
    with Store(folder) as store, share_bar() as bar:
        missing = [job for job in jobs if not is_done(store, job)]
        reused = sum(len(job.inputs) for job in jobs) - sum(len(job.inputs) for job in missing)
        total = sum(job.cost for job in missing)
        shown = bar.add_task(f"{reused} rows known" if reused else "", total=total)
        for job, done in _ended(missing, store, cluster, bar, shown):
            if done.answer is None:
                failed[job.name] = done.reason
                continue
            if len(done.answer.results) != len(job.inputs):
                raise RuntimeError(
                    f"{job.name}: {len(done.answer.results)} results of {len(job.inputs)} rows"
                )
            store.put("row", zip(job.inputs, done.answer.results, strict=True))
            store.put("job", [(job.inputs, {"seconds": done.seconds, "facts": done.answer.facts})])
        notes = {job.name: store.get("job", job.inputs) for job in jobs if job.name not in failed}
        return Outcome(
            rows=[row for job in jobs for row in _rows(store, job)],
            failed=failed,
            seconds={name: note["seconds"] for name, note in notes.items() if note},
            facts={name: note["facts"] for name, note in notes.items() if note and note["facts"]},
            reused=reused,
        )


def is_done(store: Store, job: Job) -> bool:
    """Whether all rows of a job are there."""
    results = (store.get("row", inputs) for inputs in job.inputs)
    return all(result is not None and result.get("status", OK) == OK for result in results)


def _ended(
    jobs: list[Job], store: Store, cluster: Cluster | None, bar: Bar, shown: TaskID
) -> Iterator[tuple[Job, Done]]:
    """Jobs as they end; here one after another, each once, though others may want the same rows."""
    if cluster is not None and jobs:
        different = {as_question(job.inputs): job for job in jobs}
        for job, done in cluster.ended(list(different.values())):
            bar.update(shown, description=job.name, advance=job.cost)
            yield job, done
        return
    before = 0.0
    for job in jobs:
        bar.update(shown, description=job.name)
        if not is_done(store, job):  # another job or another process may have been faster

            def progress(share: float, cost: float = job.cost) -> None:
                bar.advance(shown, share * cost)

            yield job, attempt(job, progress)
        before += job.cost
        bar.update(shown, completed=before)


def _rows(store: Store, job: Job) -> list[Record]:
    results = [(inputs, store.get("row", inputs)) for inputs in job.inputs]
    return [{**job.labels, **inputs, **result} for inputs, result in results if result is not None]
