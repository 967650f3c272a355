"""`python -m figures`: every figure of the theory, with simulated points on its curves."""

import argparse
import importlib
import sys
import time
import traceback
from pathlib import Path
from types import ModuleType

import jax
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from figures.house.agreement import agreement, as_table
from figures.house.gallery import sentence, write_gallery
from figures.house.memory import Memory
from figures.house.run import Run
from simulations.command import Parser, formats, wide_console
from simulations.manifest import this_command, write_manifest

NAMES = (
    "pareto",
    "strong_collapse",
    "power_law",
    "width",
    "width_by_n",
    "decomposition",
    "weighting",
    "iterative_mixing",
    "generations",
    "covariate_shift",
    "finite_size",
    "design",
    "mnist_scaling",
    "mnist_width",
    "mnist_theory",
    "language_scaling",
    "language_size",
    "language_filter",
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code is 1 if a figure failed, 2 for bad input."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        options.format = formats(options.format)
    except ValueError as error:
        parser.error(str(error))
    scripts = {name: script(name) for name in options.names or NAMES}
    console = wide_console()
    if options.list:
        for name, each in scripts.items():
            console.print(f"[bold]{name:17}[/bold]{sentence(each)}")
        return 0
    folder = Path(options.out or f"results/figures{'-quick' if options.quick else ''}")
    if options.report:
        return _report(console, folder, list(scripts))
    started = time.time()
    if options.quick:  # most of a quick run is compilation: half as long without optimisation
        jax.config.update("jax_disable_most_optimizations", True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        memory = Memory(Path(options.cache), options.refresh)
    except OSError as error:
        parser.error(f"out = {folder}, cache = {options.cache}: {error.strerror}")
    seconds, failed = _draw(scripts, folder, memory, options)
    made = [name for name in NAMES if (folder / f"{name}.csv").exists()]
    write_gallery(folder, {name: script(name) for name in made})
    command = this_command("figures", arguments)
    write_manifest(folder / "manifest.json", started, command, seconds=seconds, failed=list(failed))
    _report(console, folder, [name for name in scripts if name not in failed])
    console.print(f"gallery {folder / 'README.md'}, {time.time() - started:.0f} s", soft_wrap=True)
    for name, reason in failed.items():
        console.print(f"FAILED {name}: {reason}", soft_wrap=True)
    return 1 if failed else 0


def script(name: str) -> ModuleType:
    """The script of a figure: what it shows is its docstring, how its function `draw`."""
    return importlib.import_module(f"figures.{name}")


def _draw(
    scripts: dict[str, ModuleType], folder: Path, memory: Memory, options: argparse.Namespace
) -> tuple[dict[str, float], dict[str, str]]:
    """Draw every figure; seconds that each took, and why some could not be drawn."""
    bar = Progress(
        TextColumn("{task.description:16}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("points"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
    seconds, failed = {}, {}
    with bar:
        for name, each in scripts.items():
            task = bar.add_task(name, total=0)

            def progress(done: int, more: int, task=task) -> None:
                total = (bar.tasks[task].total or 0) + more
                bar.update(task, advance=done, total=total)

            started = time.time()
            try:
                picture = each.draw(Run(memory, options.quick, progress))
                picture.save(folder, name, options.format)
            except Exception as error:  # one figure must not cost the others
                traceback.print_exc()
                failed[name] = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            seconds[name] = round(time.time() - started, 1)
            bar.stop_task(task)
    return seconds, failed


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
    add("--cache", default="results/cache", metavar="DIR", help="computed numbers (results/cache)")
    add("--refresh", action="store_true", help="compute everything again")
    add("--report", action="store_true", help="only report how points and lines in --out agree")
    return parser


def _name(text: str) -> str:
    if text not in NAMES:
        raise argparse.ArgumentTypeError(f"{text!r}: expected one of {', '.join(NAMES)}")
    return text


if __name__ == "__main__":
    sys.exit(main())
