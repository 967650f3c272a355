"""Running a derivation: the steps it took, and everything that went wrong."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from derivations.steps import Check, Derivation, Step
from workbench.files import atomic_write


@dataclass
class Outcome:
    """A derivation that ran, as far as it came.

    `problems` are failures of the derivation as a whole: an exception, no check at all, golden values.
    """

    derivation: Derivation
    steps: list[Step] = field(default_factory=list)
    problems: list[Check] = field(default_factory=list)
    complete: bool = False
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """What the command line calls it."""
        return self.derivation.name

    @property
    def checks(self) -> list[Check]:
        """The checks of all steps."""
        return [check for step in self.steps for check in step.checks]

    @property
    def failures(self) -> list[Check]:
        """Every failed check, then the problems."""
        return [check for check in self.checks if not check.passed] + self.problems


def run(
    derivation: Derivation, pictures: Path | None, progress: Callable[[int], object] = lambda _: None
) -> Outcome:
    """Run a derivation to its end, or to the exception that stops it, which is a failure like others.

    Pictures go into the folder `pictures`, none are drawn if it is None.  `progress` is told the
    number of checks so far after every step.
    """
    outcome = Outcome(derivation)
    started = time.perf_counter()
    try:
        for number, step in enumerate(derivation.steps(), start=1):
            if step.picture and pictures:
                atomic_write(pictures / picture_name(derivation, number), step.picture)
            outcome.steps.append(step)
            progress(len(outcome.checks))
        outcome.complete = True
    except Exception as error:  # whatever it is, the other derivations still run
        message = " ".join(f"{type(error).__name__}: {error}".split())
        outcome.problems.append(Check("the derivation runs to its end", message, False))
    if outcome.complete and not outcome.checks:
        outcome.problems.append(Check("something is checked", "no step has a check", False))
    outcome.seconds = time.perf_counter() - started
    return outcome


def picture_name(derivation: Derivation, step: int) -> str:
    """File name of the picture of a step, counted from 1."""
    return f"{derivation.name}-{step}.svg"


def all_failures(outcomes: Iterable[Outcome], unclaimed: Iterable[Check]) -> list[tuple[str, Check]]:
    """Where, and what: the failures of the derivations, then golden values that no derivation owns."""
    failures = [(outcome.name, check) for outcome in outcomes for check in outcome.failures]
    return failures + [("golden.json", check) for check in unclaimed]
