"""`python -m simulations.forecast real.csv synthetic.csv --target y`: will these synthetic data help?"""

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from workbench import cluster
from workbench.command import FORMATS, Parser, extra, formats, one_sentence, print_failures, wide_console
from workbench.compiling import compile_fast
from workbench.fingerprint import fingerprint
from workbench.manifest import this_command, write_json, write_manifest
from workbench.values import parse_values

if TYPE_CHECKING:
    from simulations.forecast.recipe import Recipe

PROGRAM = "simulations.forecast"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code is 1 if a part could not be computed, 2 for bad input."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = _parser()
    options = parser.parse_args(arguments)
    with one_sentence(parser):
        return _run(options, arguments)


def _run(options: argparse.Namespace, arguments: list[str]) -> int:
    """Compute, print and draw; the exit code."""
    with extra("forecast"):
        from simulations.forecast.picture import draw
        from simulations.forecast.report import rows_table, trust_line, verdict_table
        from simulations.forecast.run import TABLE, run
        from simulations.forecast.width.report import lines, tables
        from simulations.forecast.width.run import TABLE as WIDTH_TABLE
        from simulations.forecast.width.run import run as run_widths
        from simulations.forecast.width.sizes import checked_widths
    started = time.time()
    suffixes, chosen = formats(options.format), cluster.chosen(options)
    if options.quick:
        compile_fast()
    recipe = _recipe(options)
    folder = Path(options.out or f"results/forecast{'-quick' if options.quick else ''}")
    asked = None if options.width is None else parse_values("width", options.width)
    widths = None if asked is None else checked_widths([m for m in asked if m is not None])
    outlook = run(recipe, folder, chosen)
    studied = None if widths is None else run_widths(recipe, widths, outlook.verdict, folder, chosen)
    study = None if studied is None else studied.study
    verdict = outlook.verdict | ({"width": study.verdict} if study else {})
    write_json(folder / "forecast.json", verdict)
    failed = outlook.failed | ({} if studied is None else studied.outcome.failed)
    write_manifest(
        folder / "manifest.json",
        started,
        this_command(PROGRAM, arguments),
        code=fingerprint(run.__module__),
        rows=len(outlook.rows),
        rows_reused=outlook.reused,
        seconds=outlook.seconds | ({} if studied is None else studied.outcome.seconds),
        failed=failed,
    )
    console = wide_console()
    console.print(rows_table(outlook.rows))
    console.print(verdict_table(outlook.verdict))
    console.print(trust_line(outlook.verdict), soft_wrap=True, highlight=False)
    pictures = draw(outlook.verdict, outlook.rows).save_pictures(folder, TABLE, suffixes)
    made = [*outlook.tables, folder / "forecast.json", *pictures]
    if studied is not None and study is not None:
        for grid in tables(study.rows):
            console.print(grid)
        for line in lines(study.verdict):
            console.print(line, soft_wrap=True, highlight=False)
        made += [*studied.tables, *study.plot().save_pictures(folder, WIDTH_TABLE, suffixes)]
    console.print(f"made {', '.join(map(str, made))}", soft_wrap=True)
    print_failures(console, failed)
    return 1 if failed else 0


def _recipe(options: argparse.Namespace) -> "Recipe":
    """What is forecast, from which files.  Raises ValueError for options that contradict each other."""
    from simulations.forecast.recipe import Recipe, absolute

    files = (options.real, options.synthetic, options.label_model, options.test_file)
    if options.real is None and any((*files, options.target)):
        raise ValueError(
            "real = nothing: expected a file of real data beside the other files and --target"
        )
    if options.synthetic and options.label_model:
        raise ValueError("--label-model and a synthetic file: expected one of them")
    if not 0 <= options.key < 2**63:
        raise ValueError(f"key = {options.key}: expected a whole number in [0, 2^63)")
    return Recipe(
        real=absolute(options.real),
        synthetic=absolute(options.synthetic),
        label_model=absolute(options.label_model),
        test=absolute(options.test_file),
        target=tuple(filter(None, (options.target or "").split(","))),
        features=options.features,
        ridge=options.ridge if options.ridge == "auto" else _numbers(options.ridge),
        task=options.task,
        missing=options.missing,
        folds=options.folds or (2 if options.quick else 5),
        seeds=options.seeds,
        key=options.key,
        quick=options.quick,
    )


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(value) for value in parse_values("ridge", text) if value is not None)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog=f"python -m {PROGRAM}", description=__doc__, allow_abbrev=False)
    add = parser.add_argument
    add("real", nargs="?", help="real data: CSV, Parquet, NPZ or NPY (default: an example, digits)")
    add("synthetic", nargs="?", help="synthetic data with the same columns")
    add(
        "--target",
        metavar="NAME[,NAME]",
        help="the column to predict, of numbers or classes; or several of numbers",
    )
    add(
        "--label-model", metavar="FILE", help="in place of synthetic data: other labels of the real rows"
    )
    add(
        "--test-file", metavar="FILE", help="real rows to test trained models on (default: cross-fitted)"
    )
    add(
        "--features",
        default="raw",
        help="raw (default), relu:M (M random features) or embedding (as they are)",
    )
    add(
        "--width",
        metavar="VALUES",
        help="also models of these widths: random projections, or with relu:M numbers of ReLU features",
    )
    add("--ridge", default="auto", metavar="VALUES", help="lambda, a list, or auto (default)")
    add(
        "--task",
        default="auto",
        help="regression or classification (default: what the target looks like)",
    )
    add(
        "--missing", default="refuse", help="missing values: refuse (default), drop the row, or the mean"
    )
    add("--folds", type=int, help="parts of the real rows that are held out in turn (5)")
    add("--seeds", type=int, default=1, help="times that every model is trained, on other rows (1)")
    add("--key", type=int, default=0, help="random key of folds, parts and random features (0)")
    add("--quick", action="store_true", help="at most 400 rows of each kind, two folds")
    add("--out", metavar="DIR", help="output folder (default: results/forecast)")
    add("--format", default="png,pdf", help=f"among {', '.join(FORMATS)} (png,pdf)")
    cluster.flags(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
