"""`python -m simulations.mnist.closed_forms`: predictions of the width study, without any training."""

import sys
import time
from pathlib import Path

from simulations.mnist.closed_forms.report import gaps, table
from simulations.mnist.closed_forms.run import COLUMNS, TABLE, run
from workbench import cluster
from workbench.command import Parser, one_sentence, wide_console
from workbench.finish import finish
from workbench.manifest import this_command
from workbench.records import read_csv, write_table

PROGRAM = "simulations.mnist.closed_forms"


def main(arguments: list[str] | None = None) -> int:
    """Compute, print and write; the exit code is 1 if a form did not converge, 2 for bad input."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = Parser(prog=f"python -m {PROGRAM}", description=__doc__, allow_abbrev=False)
    parser.add_argument("--quick", action="store_true", help="small models, on digits without --data")
    parser.add_argument("--data", metavar="DIR", help="MNIST's four files (default: COLLAPSE_DATA)")
    parser.add_argument("--measured", metavar="CSV", help="table of simulations.mnist to compare with")
    parser.add_argument("--out", metavar="DIR", help="output folder (default: results/closed_forms)")
    cluster.flags(parser)
    options = parser.parse_args(arguments)
    with one_sentence(parser):
        started = time.time()
        if options.measured and not Path(options.measured).is_file():
            raise ValueError(f"measured = {options.measured}: expected a table of simulations.mnist")
        measured = read_csv(Path(options.measured)) if options.measured else []
        folder = Path(options.out or f"results/closed_forms{'-quick' if options.quick else ''}")
        outcome = run(folder, quick=options.quick, data=options.data, cluster=cluster.chosen(options))
        if measured:
            wide_console().print(table(gaps(outcome.rows, measured)))
        command = this_command(PROGRAM, arguments)
        made = write_table(folder, TABLE, COLUMNS, outcome.rows)
        return finish(outcome, folder, made, command=command, started=started)


if __name__ == "__main__":
    sys.exit(main())
