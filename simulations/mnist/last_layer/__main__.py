"""`python -m simulations.mnist.last_layer`: trained networks' last layers, fitted to new images."""

import sys
import time
from pathlib import Path

from simulations.mnist.last_layer.measure import work
from simulations.mnist.last_layer.report import table
from simulations.mnist.last_layer.run import COLUMNS, TABLE, run
from workbench import cluster
from workbench.command import Parser, one_sentence, print_failures, wide_console
from workbench.fingerprint import fingerprint
from workbench.manifest import this_command, write_manifest
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
        console = wide_console()
        console.print(table(outcome.rows))
        print_failures(console, outcome.failed)
        tables = write_table(folder, TABLE, COLUMNS, outcome.rows)
        write_manifest(
            folder / "manifest.json",
            started,
            this_command(PROGRAM, arguments),
            code=fingerprint(work.__module__),
            rows=len(outcome.rows),
            rows_reused=outcome.reused,
            seconds=outcome.seconds,
            failed=outcome.failed,
        )
        console.print(f"made {', '.join(map(str, tables))}", soft_wrap=True)
        return 1 if outcome.failed else 0


if __name__ == "__main__":
    sys.exit(main())
