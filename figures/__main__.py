"""`python -m figures`: every figure of the theory, with simulated points on its curves."""

import argparse
import sys
import time
from pathlib import Path

from rich.console import Console

from figures.house import arrays
from figures.house.agreement import agreement, as_table
from figures.house.drawing import CACHE, draw
from figures.house.gallery import write_page
from figures.house.scripts import NAMES, sentence
from workbench.command import Parser, formats, one_sentence, print_failures, wide_console
from workbench.compiling import compile_fast
from workbench.manifest import this_command


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code is 1 if a figure failed, 2 for bad input."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = _parser()
    options = parser.parse_args(arguments)
    with one_sentence(parser):
        return _do(options, this_command("figures", arguments))


def _do(options: argparse.Namespace, command: list[str]) -> int:
    """Do what the options ask for; the exit code.  Raises ValueError and OSError."""
    started, console = time.time(), wide_console()
    names = options.names or list(NAMES)
    folder = Path(options.out or f"results/figures{'-quick' if options.quick else ''}")
    if options.list:
        for name in names:
            console.print(f"[bold]{name:17}[/bold]{sentence(name)}")
        return 0
    if options.report:
        return _report(console, folder, names)
    if options.page:
        console.print(f"gallery {write_page(folder)}", soft_wrap=True)
        return 0
    suffixes = formats(options.format)
    if options.quick:
        compile_fast()
        arrays.CHUNK = 8  # batches are filled up to this many problems, and here they are of few
    failed = draw(
        folder,
        names,
        quick=options.quick,
        formats=suffixes,
        cache=Path(options.cache),
        refresh=options.refresh,
        command=command,
    )
    _report(console, folder, [name for name in names if name not in failed])
    console.print(f"gallery {folder / 'README.md'}, {time.time() - started:.0f} s", soft_wrap=True)
    print_failures(console, failed)
    return 1 if failed else 0


def _report(console: Console, folder: Path, names: list[str]) -> int:
    """Print the agreement of the figures in the folder; the exit code is 1 if one is missing."""
    missing = [name for name in names if not (folder / f"{name}.csv").exists()]
    there = [name for name in names if name not in missing]
    console.print(as_table({name: agreement(folder / f"{name}.csv") for name in there}))
    for name in missing:
        console.print(f"{name} is not in {folder}: draw it first", soft_wrap=True)
    return 1 if missing else 0


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m figures", description=__doc__, allow_abbrev=False)
    add = parser.add_argument
    add("names", nargs="*", type=_name, metavar="NAME", help="figures to draw (default: all)")
    add("--list", action="store_true", help="say what each figure shows and stop")
    add("--quick", action="store_true", help="small dimensions, few points and seeds")
    add("--format", default="png,pdf", help="among png, pdf, svg (png,pdf)")
    add("--out", metavar="DIR", help="output folder (default: results/figures)")
    add("--cache", default=str(CACHE), metavar="DIR", help=f"computed numbers ({CACHE})")
    add("--refresh", action="store_true", help="compute everything again")
    add("--report", action="store_true", help="only report how points and lines in --out agree")
    add("--page", action="store_true", help="only write the gallery page of --out again")
    return parser


def _name(text: str) -> str:
    if text not in NAMES:
        raise argparse.ArgumentTypeError(f"{text!r}: expected one of {', '.join(NAMES)}")
    return text


if __name__ == "__main__":
    sys.exit(main())
