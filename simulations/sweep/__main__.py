"""`python -m simulations.sweep`: theory and simulation over a grid, as a table and a picture."""

import argparse
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from simulations.command import FORMATS, Parser, formats, wide_console
from simulations.folder import output
from simulations.manifest import this_command, write_manifest
from simulations.plan import NAMED
from simulations.simulate import MEASURES
from simulations.sweep import machines
from simulations.sweep.grid import FIELDS, parse, points
from simulations.sweep.picture import draw
from simulations.sweep.report import print_report
from simulations.sweep.rows import COLUMNS, INPUTS, Job, inputs, jobs, results
from simulations.sweep.study import RUN, Study, load_file, load_preset, presets
from simulations.sweep.team import Team
from simulations.table import Row, Table, open_table


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code is 1 if a grid point failed, 2 for bad input."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.list:
        for name, description in presets().items():
            print(f"{name:12} {description}")
        return 0
    try:
        machines.check(options)
        study = _study(options)
    except ValueError as error:
        parser.error(str(error))
    folder = Path(options.out or f"results/{study.name}{'-quick' if options.quick else ''}")

    def run(team: Team | None = None) -> int:
        with output(parser) as held:
            return _run(parser, options, arguments, study, folder, held, team)

    if not options.distributed:
        return run()
    kept = f"rows so far are in {folder}; run the same command again to go on"
    return machines.together(parser, options, kept, run)


def _run(
    parser: argparse.ArgumentParser,
    options: argparse.Namespace,
    arguments: list[str],
    study: Study,
    folder: Path,
    held: ExitStack,
    team: Team | None,
) -> int:
    """Compute, print and draw what the options ask for, the folder `held`; the exit code."""
    try:
        grid = points(study.grid, fastest=study.x)
        memory, suffixes = _memory(options.memory), formats(options.format)
        rows = [inputs(point, study.run) for point in grid]
        if team and team.index:
            team.help(lambda: jobs(grid, rows), memory)
        table = open_table(held, folder, "sweep.csv", COLUMNS, INPUTS)
    except ValueError as error:
        parser.error(str(error))
    started = time.time()
    missing = [i for i, row in enumerate(rows) if not _is_done(row, table)]
    _compute(jobs(grid, rows), study.run["seeds"], table, memory, team)
    finished = table.finish(rows)
    failed = [row for row in finished if row["status"] != "ok"]
    write_manifest(
        folder / "manifest.json",
        started,
        this_command("simulations.sweep", arguments),
        study=study.name,
        grid=study.grid,
        **study.run,
        rows=len(rows),
        rows_reused=len(rows) - len(missing),
        rows_failed=len(failed),
    )
    console = wide_console()
    print_report(console, study, grid, finished)
    pictures = [folder / f"sweep.{suffix}" for suffix in suffixes]
    draw(study, grid, finished, pictures)
    console.print(f"table {table.path}, pictures {', '.join(map(str, pictures))}", soft_wrap=True)
    for row in failed:
        console.print(f"FAILED n={row['n']} width={row['width']}: {row['status']}", soft_wrap=True)
    return 1 if failed else 0


def _compute(todo: list[Job], seeds: int, table: Table, memory: float, team: Team | None) -> None:
    """Append the rows of these jobs that the table does not have yet, as they are computed."""
    # Whole jobs, also where a kill left some rows of one: numbers are then the same to the last bit.
    todo = [job for job in todo if not all(_is_done(row, table) for row in job.rows)]
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("seeds, left"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    with bar:
        task = bar.add_task("theory", total=len(todo) * seeds)
        alone = (results(job, memory, lambda seeds: bar.advance(task, seeds)) for job in todo)
        for done, rows in enumerate(team.share(todo, memory) if team else alone, start=1):
            for row in rows:
                if not _is_done(row, table):
                    table.append(row)
            bar.update(task, description=f"{done} of {len(todo)} simulations", completed=done * seeds)


def _is_done(row: Row, table: Table) -> bool:
    return table.get(row).get("status") == "ok"


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m simulations.sweep",
        description=__doc__,
        epilog="A field takes a number, a list (0,0.01,0.1) or a range (1e2:1e6:13log).",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--preset", help="a prepared study (default: collapse); fields given here replace its own")
    add(
        "--study",
        metavar="TOML",
        help="a study from a file, written like simulations/sweep/presets/*",
    )
    add("--list", action="store_true", help="show the presets and stop")
    add("--quick", action="store_true", help="few seeds, at most four values of each field")
    add("--seeds", type=int, help="independent draws a grid point")
    add("--key", type=int, help="random key of the whole sweep")
    add("--dtype", choices=("float64", "float32"), help="precision of the simulation")
    add("--measure", choices=tuple(MEASURES), help="average over labels, or train single models")
    add("--features", choices=tuple(NAMED), help="law of the feature entries")
    add("--memory", default="4", metavar="GB", help="memory that one batch of seeds may use (4)")
    add("--out", metavar="DIR", help="output folder (default: results/NAME)")
    add("--format", default="png,pdf", help=f"among {', '.join(FORMATS)} (png,pdf)")
    machines.flags(parser)
    fields = parser.add_argument_group("fields of the problem")
    for name, field in FIELDS.items():
        default = "none" if field.default is None else f"{field.default:g}"
        flag = "--" + name.replace("_", "-")
        fields.add_argument(flag, dest=name, metavar="VALUES", help=f"{field.help} ({default})")
    return parser


def _study(options: argparse.Namespace) -> Study:
    """The study that the options ask for."""
    if options.preset and options.study:
        raise ValueError("--preset and --study: expected one of them")
    study = load_file(options.study) if options.study else load_preset(options.preset or "collapse")
    given = {name: getattr(options, name) for name in FIELDS if getattr(options, name) is not None}
    study.grid.update({name: parse(name, text) for name, text in given.items()})
    study.run.update(
        {name: getattr(options, name) for name in RUN if getattr(options, name) is not None}
    )
    study = study.quick() if options.quick else study
    seeds, key = study.run["seeds"], study.run["key"]
    if not isinstance(seeds, int) or seeds < 2:
        raise ValueError(f"seeds = {seeds}: expected a whole number >= 2")
    if not isinstance(key, int) or key < 0:
        raise ValueError(f"key = {key}: expected a whole number >= 0")
    for name, known in (("measure", MEASURES), ("features", NAMED), ("dtype", ("float64", "float32"))):
        if study.run[name] not in tuple(known):
            raise ValueError(f"{name} = {study.run[name]!r}: expected one of {', '.join(known)}")
    return study


def _memory(text: str) -> float:
    try:
        gigabytes = float(text)
    except ValueError:
        gigabytes = 0.0
    if not 0 < gigabytes < float("inf"):
        raise ValueError(f"memory = {text}: expected a number of gigabytes > 0")
    return gigabytes * 1e9


if __name__ == "__main__":
    sys.exit(main())
