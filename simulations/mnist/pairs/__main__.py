"""Linear classifiers of two digits: accuracy beside squared error, measured and predicted.

python -m simulations.mnist.pairs --pair 3-8,4-9
"""

import argparse
import re
import sys
import time
from pathlib import Path

from simulations.mnist.pairs.report import averages, picture, table
from simulations.mnist.pairs.run import COLUMNS, PAIRS, run
from workbench.command import Parser, formats, one_sentence, wide_console, within
from workbench.finish import finish
from workbench.manifest import this_command
from workbench.records import write_table

PROGRAM, TABLE = "simulations.mnist.pairs", "mnist.pairs"


def main(arguments: list[str] | None = None) -> int:
    """Compute, print, draw and write; the exit code is 1 if a pair failed, 2 for bad input."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = Parser(
        prog=f"python -m {PROGRAM}",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--data", metavar="DIR", help="MNIST's four files (default: COLLAPSE_DATA, else downloaded)")
    add("--quick", action="store_true", help="two pairs of scikit-learn's digits")
    add("--pair", metavar="A-B,...", help=f"pairs of digits ({','.join(f'{a}-{b}' for a, b in PAIRS)})")
    add("--key", type=int, default=0, help="random key of the training images (0)")
    add("--out", metavar="DIR", help="output folder (default: results/mnist-pairs)")
    add("--format", default="png,pdf", help="of the picture (png,pdf)")
    options = parser.parse_args(arguments)
    with one_sentence(parser):
        return _run(options, arguments)


def _run(options: argparse.Namespace, arguments: list[str]) -> int:
    started, suffixes = time.time(), formats(options.format)
    folder = Path(options.out or f"results/mnist-pairs{'-quick' if options.quick else ''}")
    within("key", options.key, 0, 2**31 - 1)
    chosen = None if options.pair is None else _pairs(options.pair)
    outcome = run(folder, quick=options.quick, data=options.data, pairs=chosen, key=options.key)
    made = write_table(folder, TABLE, COLUMNS, outcome.rows)
    if outcome.rows:
        console = wide_console()
        console.print(table(outcome.rows))
        console.print(averages(outcome.rows))
        made += picture(outcome.rows).save_pictures(folder, "pairs", suffixes)
    command = this_command(PROGRAM, arguments)
    return finish(outcome, folder, made, command=command, started=started)


def _pairs(text: str) -> list[tuple[int, int]]:
    """Pairs of different digits.  Raises ValueError for anything else."""
    pairs = []
    for word in text.split(","):
        digits = re.fullmatch(r"(\d)-(\d)", word)
        if digits is None or digits[1] == digits[2]:
            raise ValueError(f"pair = {word}: expected two different digits, such as 3-8")
        pairs.append((int(digits[1]), int(digits[2])))
    return pairs


if __name__ == "__main__":
    sys.exit(main())
