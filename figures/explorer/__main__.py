"""`python -m figures.explorer`: the theory in the browser, one HTML file with sliders."""

import argparse
import sys
import time
from pathlib import Path

from rich.console import Console

from figures.explorer.page import POINTS, code, page
from figures.explorer.points import SEEDS, points
from figures.house.drawing import CACHE
from figures.house.run import Run
from workbench.cache import Cache
from workbench.command import Parser, one_sentence, share_bar, wide_console
from workbench.files import make_folder, write_text
from workbench.manifest import circumstances, this_command, write_json


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code is 2 for bad input."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = Parser(prog="python -m figures.explorer", description=__doc__, allow_abbrev=False)
    add = parser.add_argument
    add("--out", default="results/explorer", metavar="DIR", help="output folder (results/explorer)")
    add("--simulate", action="store_true", help=f"compute the points first, into {POINTS.name}")
    add("--cache", default=str(CACHE), metavar="DIR", help=f"computed numbers ({CACHE})")
    options = parser.parse_args(arguments)
    with one_sentence(parser):
        _do(options, wide_console(), this_command("figures.explorer", arguments))
    return 0


def _do(options: argparse.Namespace, console: Console, command: list[str]) -> None:
    folder = Path(options.out)
    make_folder(folder)
    if options.simulate:
        _simulate(Path(options.cache), command)
    path = folder / "index.html"
    write_text(path, page())
    console.print(f"explorer {path}", soft_wrap=True)


def _simulate(cache: Path, command: list[str]) -> None:
    started = time.time()
    with share_bar() as bar:
        task = bar.add_task("points", total=0)

        def progress(done: int, more: int) -> None:
            bar.update(task, advance=done, total=(bar.tasks[0].total or 0) + more)

        measured = points(Run(Cache(cache), False, progress))
    facts = {"code": code(), "seeds": SEEDS, "points": measured}
    write_json(POINTS, circumstances(started, command) | facts)


if __name__ == "__main__":
    sys.exit(main())
