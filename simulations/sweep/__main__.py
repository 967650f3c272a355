"""`python -m simulations.sweep`: theory and simulation over a grid, as a table and a picture."""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from simulations.plan import NAMED
from simulations.simulate import MEASURES
from simulations.sweep.fields import REQUIRED
from simulations.sweep.grid import swept
from simulations.sweep.model import Model, load_model
from simulations.sweep.picture import draw
from simulations.sweep.precision import kept, with_precision
from simulations.sweep.report import print_report
from simulations.sweep.rows import RUN
from simulations.sweep.run import MEMORY, TABLE, run
from simulations.sweep.study import Study, load_file, load_preset, of_model, presets
from workbench import cluster
from workbench.command import FORMATS, Parser, formats, one_sentence, stated, wide_console
from workbench.compiling import compile_fast
from workbench.manifest import this_command, write_manifest
from workbench.records import NONE, as_text

DEFAULT = "collapse"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code is 1 if a grid point failed, 2 for bad input."""
    arguments = sys.argv[1:] if arguments is None else arguments
    first = _parser()
    with one_sentence(first):
        study = _named(first.parse_known_args([word for word in arguments if word not in HELP])[0])
        parser = _parser(study.model)
        options = parser.parse_args(arguments)
        if options.list:
            for name, description in presets().items():
                print(f"{name:12} {description}")
            return 0
        return _run(options, arguments, _changed(study, options))


HELP = ("-h", "--help")


def _run(options: argparse.Namespace, arguments: list[str], study: Study) -> int:
    """Compute, print and draw what the options ask for; the exit code."""
    started = time.time()
    suffixes, memory = formats(options.format), _bytes(options.memory)
    folder = Path(options.out or f"results/{study.name}{'-quick' if options.quick else ''}")
    if options.quick:
        compile_fast()
    sweep = run(study, folder, memory=memory, cluster=cluster.chosen(options))
    write_manifest(
        folder / "manifest.json",
        started,
        this_command("simulations.sweep", arguments),
        study=study.name,
        grid=study.grid,
        **study.run,
        rows=len(sweep.rows),
        rows_reused=sweep.reused,
        rows_failed=len(sweep.failed),
    )
    console = wide_console()
    print_report(console, study, sweep.points, sweep.rows)
    if options.precision is not None:
        console.print(kept(study, sweep.rows))
    pictures = draw(study, sweep.points, sweep.rows).save_pictures(folder, TABLE, suffixes)
    console.print(f"made {', '.join(map(str, [*sweep.tables, *pictures]))}", soft_wrap=True)
    for row in sweep.failed:
        point = ", ".join(
            f"{name} = {as_text(row[name])}" for name in swept(sweep.points) or study.model.fields
        )
        console.print(f"FAILED {point}: {row['status']}", soft_wrap=True, markup=False)
    return 1 if sweep.failed else 0


def _named(options: argparse.Namespace) -> Study:
    """The study that is named, without changes."""
    names = {"--preset": options.preset, "--study": options.study, "--problem": options.problem}
    if sum(name is not None for name in names.values()) > 1:
        raise ValueError(f"{', '.join(names)}: expected one of them")
    if options.problem:
        return of_model(load_model(options.problem))
    return load_file(options.study) if options.study else load_preset(options.preset or DEFAULT)


def _changed(study: Study, options: argparse.Namespace) -> Study:
    """The study with what the options say."""
    study = study.with_changes(stated(options, study.model.fields), stated(options, RUN))
    study = study.quick() if options.quick else study
    if options.precision is None:
        return study
    if options.seeds is not None:
        raise ValueError(
            f"seeds = {options.seeds}: expected none beside a precision, which chooses them"
        )
    return with_precision(study, options.precision)


def _parser(model: Model | None = None) -> argparse.ArgumentParser:
    """The parser; with the fields of a model, which are only known when its file has been read."""
    epilog = "A field takes a number, a list (0,0.01,0.1) or a range (1e2:1e6:13log)."
    parser = Parser(
        prog="python -m simulations.sweep",
        description=__doc__,
        epilog=epilog,
        allow_abbrev=False,
        add_help=model is not None,
    )
    add = parser.add_argument
    add("--preset", help=f"a prepared study (default: {DEFAULT}); fields given here replace its own")
    add("--study", metavar="TOML", help="a study from a file, like simulations/sweep/presets/*")
    add(
        "--problem",
        metavar="FILE",
        help="a Python file whose function `problem` makes a collapse_theory.Problem of the fields "
        "that are its arguments, like simulations/sweep/examples/*",
    )
    add("--list", action="store_true", help="show the presets and stop")
    add("--quick", action="store_true", help="few seeds, at most four values of each field")
    add("--seeds", type=int, help=f"independent draws a grid point ({RUN['seeds']})")
    add(
        "--precision",
        type=float,
        metavar="P",
        help="choose the seeds: standard errors of at most this part of each error, as 0.005",
    )
    add("--key", type=int, help="random key of the whole sweep")
    add("--dtype", help="precision of the simulation: float64 (default) or float32")
    add("--measure", help=f"of single models, or the average over labels: {', '.join(MEASURES)}")
    add("--features", help=f"law of the feature entries: {', '.join(NAMED)}")
    memory = f"{MEMORY / 1e9:g}"
    add(
        "--memory", default=memory, metavar="GB", help=f"memory that a batch of seeds may use ({memory})"
    )
    add("--out", metavar="DIR", help="output folder (default: results/NAME)")
    add("--format", default="png,pdf", help=f"among {', '.join(FORMATS)} (png,pdf)")
    cluster.flags(parser)
    if model is not None:
        fields = parser.add_argument_group(f"fields of the problem: {model.description}")
        for name, field in model.fields.items():
            flags = dict.fromkeys((f"--{name.replace('_', '-')}", f"--{name}"))
            shown = f"{field.help} ({_text(field.default)})"
            fields.add_argument(*flags, dest=name, metavar="VALUES", help=shown)
    return parser


def _text(default: Any) -> str:
    if default is REQUIRED:
        return "required"
    return NONE if default is None else f"{default:g}"


def _bytes(gigabytes: str) -> float:
    try:
        number = float(gigabytes)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ValueError(f"memory = {gigabytes}: expected a number of gigabytes > 0")
    return number * 1e9


if __name__ == "__main__":
    sys.exit(main())
