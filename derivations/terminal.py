"""What the command line shows: progress on stderr, then results on stdout."""

from collections.abc import Iterable
from pathlib import Path

from derivations.outcome import Outcome, run
from derivations.steps import Check, Derivation
from workbench.command import number_table, share_bar, wide_console


def run_all(derivations: list[Derivation], pictures: Path | None) -> list[Outcome]:
    """Run derivations one after the other under a progress bar: one tick each, checks counted."""
    bar = share_bar()
    outcomes: list[Outcome] = []
    with bar:
        task = bar.add_task("", total=len(derivations))
        for derivation in derivations:

            def show(checks: int, name: str = derivation.name) -> None:
                bar.update(task, description=f"{name}, checks: {checks}")

            show(0)
            outcomes.append(run(derivation, pictures, show))
            bar.advance(task)
        bar.update(task, description=f"checks: {sum(len(outcome.checks) for outcome in outcomes)}")
    return outcomes


def print_results(outcomes: Iterable[Outcome], failures: Iterable[tuple[str, Check]]) -> None:
    """Print one row a derivation, then each failure on a line of its own."""
    console = wide_console()
    columns = ("derivation", "checks", "exact", "digits", "other", "seconds", "")
    table = number_table("", *columns, left=("derivation", ""))
    for outcome in outcomes:
        exact = sum(check.method.startswith("exact") for check in outcome.checks)
        digits = sum(check.method.startswith("30 digits") for check in outcome.checks)
        table.add_row(
            outcome.name,
            f"{len(outcome.checks)}",
            f"{exact}",
            f"{digits}",
            f"{len(outcome.checks) - exact - digits}",
            f"{outcome.seconds:.1f}",
            "[bold red]FAIL" if outcome.failures else "[green]pass",
        )
    console.print(table)
    for name, check in failures:
        line = f"FAILED {name}: {check.claim} ({check.method})"
        console.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
