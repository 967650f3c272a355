"""`python -m simulations.mnist.last_layer`: trained networks' last layers, fitted to new images."""

import sys
import time
from pathlib import Path

from simulations.mnist.last_layer.report import table
from simulations.mnist.last_layer.run import COLUMNS, TABLE, run
from workbench import cluster
from workbench.command import Parser, one_sentence, wide_console
from workbench.finish import finish
from workbench.manifest import this_command
from workbench.records import write_table

PROGRAM = "simulations.mnist.last_layer"


def main(arguments: list[str] | None = None) -> int:
    """Train, compute, print and write; the exit code is 1 if a part failed, 2 for bad input."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = Parser(prog=f"python -m {PROGRAM}", description=__doc__, allow_abbrev=False)
    parser.add_argument("--quick", action="store_true", help="small networks, on digits without --data")
    parser.add_argument("--data", metavar="DIR", help="MNIST's four files (default: COLLAPSE_DATA)")
    parser.add_argument("--out", metavar="DIR", help="output folder (default: results/last_layer)")
    cluster.flags(parser)
    options = parser.parse_args(arguments)
    with one_sentence(parser):
        started = time.time()
        folder = Path(options.out or f"results/last_layer{'-quick' if options.quick else ''}")
        outcome = run(folder, quick=options.quick, data=options.data, cluster=cluster.chosen(options))
        wide_console().print(table(outcome.rows))
        command = this_command(PROGRAM, arguments)
        made = write_table(folder, TABLE, COLUMNS, outcome.rows)
        return finish(outcome, folder, made, command=command, started=started)


if __name__ == "__main__":
    sys.exit(main())
