"""`python -m simulations.language.readout`: readouts trained on stories, and their closed form."""

import argparse
import sys
import time
from pathlib import Path

from simulations.language.readout import options
from simulations.language.readout.picture import draw
from simulations.language.readout.report import print_report
from simulations.language.readout.run import TABLE, run
from workbench import cluster
from workbench.command import formats, one_sentence, wide_console
from workbench.files import make_folder
from workbench.finish import finish
from workbench.manifest import this_command


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code is 1 if a block could not be computed, 2 for bad input."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = options.parser(__doc__)
    asked = parser.parse_args(arguments)
    with one_sentence(parser):
        return _run(asked, arguments)


def _run(asked: argparse.Namespace, arguments: list[str]) -> int:
    """Compute, print and draw; the exit code."""
    started = time.time()
    suffixes, where, plan = formats(asked.format), cluster.chosen(asked), options.plan(asked)
    folder = Path(asked.out or f"results/readout{'-quick' if asked.quick else ''}")
    make_folder(folder)
    outcome = run(
        folder,
        plan=plan,
        studies=options.studies(asked),
        corpus=asked.corpus,
        vocabulary=asked.vocabulary,
        length=asked.length,
        key=asked.key,
        cluster=where,
    )
    if outcome.rows:
        print_report(wide_console(), outcome.rows)
    return finish(
        outcome,
        folder,
        [folder / f"{TABLE}.csv", *draw(outcome.rows, folder, suffixes)],
        command=this_command("simulations.language.readout", arguments),
        started=started,
    )


if __name__ == "__main__":
    sys.exit(main())
