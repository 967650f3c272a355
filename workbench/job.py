"""A job: rows of a table that are computed together, and how it ended."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from workbench.records import Record
from workbench.threads import one_lapack_thread

Progress = Callable[[float], object]  # is told which share of a job has been done since it was last told

# What a job may fail with without taking the others along; anything else is a fault of the program.
EXPECTED = (ArithmeticError, ValueError, RuntimeError, MemoryError)


class Answer(NamedTuple):
    """The results of a job's rows, in the order of its inputs, and what else is worth a note."""

    results: list[Record]
    facts: Record = {}  # noqa: RUF012 (nobody changes it)


@dataclass(frozen=True)
class Job:
    """Rows of a table that are computed together: `work(*arguments, progress)` gives their `Answer`.

    - `inputs`: what identifies each row, whatever its results depend on (code and random key too);
    - `labels`: columns that only say what the rows are wanted for;
    - `cost`: in any unit common to the jobs of a run: its share of the progress bar.

    On a cluster `work` and `arguments` are pickled, so they are functions of modules (not of
    `__main__`) and what those can be given.
    """

    name: str
    inputs: Sequence[Record]
    work: Callable[..., Answer]
    arguments: tuple[Any, ...] = ()
    labels: Record = field(default_factory=dict)
    cost: float = 1.0


class Done(NamedTuple):
    """A job that ended: its answer, or why there is none."""

    answer: Answer | None
    reason: str
    seconds: float


def attempt(job: Job, progress: Progress) -> Done:
    """Do a job; what it may fail with is a reason, in one line.

    With one thread of LAPACK's, whose rounding depends on their number: rows are the same wherever they
    are computed, and threads that wait for more work do not take the cores from XLA's.
    """
    started = time.time()
    try:
        with one_lapack_thread():
            answer, reason = job.work(*job.arguments, progress), ""
    except EXPECTED as error:
        answer, reason = None, " ".join(str(error).split())[:300] or type(error).__name__
    return Done(answer, reason, round(time.time() - started, 1))
