"""Forecasts from a third of the rows, held against models trained on all of them.

    python -m simulations.forecast.held

Data sets of scikit-learn and, where COLLAPSE_DATA names its folder, MNIST; synthetic sides by models
that label and by copulas that make rows (`pip install copulas`), a bad and a good one each; and made
problems of known truth.
"""

import argparse
import sys
import time
from pathlib import Path

from workbench import cluster
from workbench.command import Parser, extra, one_sentence, wide_console
from workbench.compiling import compile_fast
from workbench.fingerprint import fingerprint
from workbench.finish import finish
from workbench.manifest import this_command
from workbench.records import write_table

PROGRAM, TABLE = "simulations.forecast.held", "forecast.held"


def main(arguments: list[str] | None = None) -> int:
    """Compute, print and write; the exit code is 1 if a case failed."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = Parser(
        prog=f"python -m {PROGRAM}",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="one split of wine, a few made problems")
    parser.add_argument("--out", metavar="DIR", help="output folder (default: results/forecast-held)")
    cluster.flags(parser)
    options = parser.parse_args(arguments)
    with one_sentence(parser):
        with extra("test"):
            import copulas  # noqa: F401

            from simulations.forecast.held.report import by_data, lines
            from simulations.forecast.held.results import compared
            from simulations.forecast.held.run import COLUMNS, run
        started = time.time()
        if options.quick:
            compile_fast()
        folder = Path(options.out or f"results/forecast-held{'-quick' if options.quick else ''}")
        outcome = run(folder, quick=options.quick, cluster=cluster.chosen(options))
        console = wide_console()
        console.print(by_data(outcome.rows))
        for line in lines(outcome.rows):
            console.print(line, soft_wrap=True, highlight=False)
        return finish(
            outcome,
            folder,
            write_table(folder, TABLE, COLUMNS, outcome.rows),
            command=this_command(PROGRAM, arguments),
            started=started,
            code=fingerprint(compared.__module__),
            seconds=round(sum(outcome.seconds.values()), 1),  # of a thousand jobs
        )


if __name__ == "__main__":
    sys.exit(main())
