"""`python -m simulations.mnist`: models trained on images with true and synthetic labels, and theory."""

import argparse
import sys
import time
from pathlib import Path

from simulations.mnist import options
from simulations.mnist.cost import estimate
from simulations.mnist.jobs import COLUMNS, TABLE
from simulations.mnist.picture import draw
from simulations.mnist.report import print_report
from simulations.mnist.results import work
from simulations.mnist.run import plan
from simulations.mnist.study import MODELS, STUDIES
from workbench import run as runner
from workbench.cluster import chosen
from workbench.command import formats, one_sentence, print_failures, wide_console
from workbench.fingerprint import fingerprint
from workbench.manifest import this_command, write_manifest
from workbench.records import write_table
from workbench.run import Outcome
from workbench.store import refuse_older


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code is 1 if a model could not be trained, 2 for bad input."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = options.parser(__doc__)
    asked = parser.parse_args(arguments)
    if asked.list:
        for name, shows in (STUDIES | MODELS).items():
            print(f"{name:12}{shows}")
        return 0
    with one_sentence(parser):
        return _run(asked, arguments)


def _run(asked: argparse.Namespace, arguments: list[str]) -> int:
    """Compute, export, print and draw; the exit code."""
    started = time.time()
    suffixes, cluster = formats(asked.format), chosen(asked)
    planned = plan(
        quick=asked.quick, full=asked.full, blocks=options.blocks(asked), data=asked.data, key=asked.key
    )
    kind = "-quick" if asked.quick else "-full" if asked.full else ""
    folder = Path(asked.out or f"results/{planned.data}{kind}")
    refuse_older(folder, TABLE)
    print(estimate(planned.jobs, folder), file=sys.stderr)
    outcome = runner.run(planned.jobs, folder, cluster)
    tables = write_table(folder, TABLE, COLUMNS, outcome.rows)
    write_manifest(
        folder / "manifest.json",
        started,
        this_command("simulations.mnist", arguments),
        code=fingerprint(work.__module__),
        rows=len(outcome.rows),
        rows_reused=outcome.reused,
        seconds=outcome.seconds,
        network_samples_per_second=_rates(outcome),
        failed=outcome.failed,
    )
    console = wide_console()
    print_report(console, outcome.rows)
    made = [*tables, *draw(outcome.rows, folder, suffixes)]
    console.print(f"made {', '.join(map(str, made))}", soft_wrap=True)
    for name, rate in _rates(outcome).items():
        console.print(f"{name}: {rate:,} samples a second, all networks together")
    print_failures(console, outcome.failed)
    return 1 if outcome.failed else 0


def _rates(outcome: Outcome) -> dict[str, int]:
    """Samples per second of the jobs that trained networks."""
    return {name: facts["samples_per_second"] for name, facts in outcome.facts.items()}  # type: ignore[misc]


if __name__ == "__main__":
    sys.exit(main())
