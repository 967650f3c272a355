"""Forecasts from a third of the rows, held against models trained on all of them.

    python -m benchmarks.forecasts

Data sets of scikit-learn and, where COLLAPSE_DATA names its folder, MNIST; synthetic sides by models
that label and by copulas that make rows, a bad and a good one each; and made problems of known truth.
Writes forecasts.csv, made.csv and a manifest to results/forecasts.
"""

import sys
import time
from pathlib import Path

import numpy as np
from rich.table import Table

from benchmarks.command import parser_of
from benchmarks.forecasts.cases import sets
from benchmarks.forecasts.held import held
from benchmarks.forecasts.made import made
from workbench import run as runner
from workbench.command import number_table, one_sentence, print_failures, wide_console
from workbench.compiling import compile_fast
from workbench.fingerprint import fingerprint
from workbench.job import Job
from workbench.manifest import this_command, write_manifest
from workbench.records import Record, grouped, number, numbers, write_table

KINDS = [(generator, quality) for generator in ("labels", "copula") for quality in ("bad", "good")]
SPLITS = {"mnist": 1}  # of a data set, otherwise:
OFTEN = 5
MADE, AT_ONCE = 500, 25
PRECISE = 0.03  # sampling error of a measured error, as a part of it
ASKED = ["data", "generator", "quality", "split", "training"]
MEASURED = ["n_real", "n_synthetic", "dimension", "ridge", "predicted", "low", "high"]
MEASURED += ["measured", "measured_stderr"]
CHANGES = ["change", "change_low", "change_high", "measured_change", "measured_change_stderr"]


def main(arguments: list[str] | None = None) -> int:
    """Compute, print and write; the exit code is 1 if a case failed."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = parser_of("benchmarks.forecasts", __doc__, "one split of wine, and a few made problems")
    parser.add_argument("--out", default="results/forecasts", metavar="DIR", help="output folder")
    options = parser.parse_args(arguments)
    if options.quick:
        compile_fast()
    with one_sentence(parser):
        return _run(Path(options.out), options.quick, arguments)


def _run(folder: Path, quick: bool, arguments: list[str]) -> int:
    started, code = time.time(), fingerprint(held.__module__)
    real, problems = _jobs(quick, code)
    outcomes = [runner.run(jobs, folder) for jobs in (real, problems)]
    console = wide_console()
    console.print(_by_data(outcomes[0].rows))
    for line in (*_lines(outcomes[0].rows), _line("made problems", outcomes[1].rows)):
        console.print(line, soft_wrap=True)
    failed = outcomes[0].failed | outcomes[1].failed
    print_failures(console, failed)
    made_of = [*ASKED, "code", *MEASURED, *CHANGES], ["seed", "code", *MEASURED]
    for name, columns, outcome in zip(("forecasts", "made"), made_of, outcomes, strict=True):
        write_table(folder, name, columns, outcome.rows)
    write_manifest(
        folder / "manifest.json",
        started,
        this_command("benchmarks.forecasts", arguments),
        code=code,
        seconds=sum(sum(outcome.seconds.values()) for outcome in outcomes),
        failed=failed,
    )
    return 1 if failed else 0


def _jobs(quick: bool, code: str) -> tuple[list[Job], list[Job]]:
    """A job a case; a job some made problems."""
    names = ["wine"] if quick else list(sets())
    cases = [
        (name, *kind, split)
        for name in names
        for kind in KINDS
        for split in range(1 if quick else SPLITS.get(name, OFTEN))
    ]
    real = [
        Job(
            " ".join(map(str, case)),
            [_asked(*case, training, code) for training in range(3)],
            held,
            case,
        )
        for case in cases
    ]
    seeds = np.arange(4 if quick else MADE)
    blocks = [block.tolist() for block in np.array_split(seeds, max(1, len(seeds) // AT_ONCE))]
    problems = [
        Job(f"made {block[0]}", [{"seed": seed, "code": code} for seed in block], made, (block,))
        for block in blocks
    ]
    return real, problems


def _asked(name: str, generator: str, quality: str, split: int, training: int, code: str) -> Record:
    asked: Record = {"data": name, "generator": generator, "quality": quality, "split": split}
    return asked | {"training": training, "code": code}


def inside(rows: list[Record]) -> np.ndarray:
    """Whether each measured error lies in the interval that was stated for it."""
    measured = numbers(rows, "measured")
    return (numbers(rows, "low") <= measured) & (measured <= numbers(rows, "high"))


def _by_data(rows: list[Record]) -> Table:
    table = number_table(
        "forecast from a third of the rows",
        "data",
        "synthetic side",
        "forecasts",
        "in the interval",
        "median gap",
        "mean gap",
        left=("data", "synthetic side"),
    )
    for group in grouped([row for row in rows if "low" in row], "data", "generator", "quality"):
        gap = numbers(group, "measured") / numbers(group, "predicted") - 1
        first = group[0]
        table.add_row(
            str(first["data"]),
            f"{first['quality']} {first['generator']}",
            str(len(group)),
            f"{inside(group).mean():.0%}",
            f"{np.median(abs(gap)):.1%}",
            f"{gap.mean():+.1%}",
        )
    return table


def _lines(rows: list[Record]) -> list[str]:
    """What the table comes to."""
    precise = [row for row in rows if number(row, "measured_stderr") < PRECISE * number(row, "measured")]
    told = [row for row in rows if row["n_synthetic"] and "change_low" in row]
    sure = [row for row in told if number(row, "change_low") * number(row, "change_high") > 0]
    clear = [
        row
        for row in sure
        if abs(number(row, "measured_change")) > 2 * number(row, "measured_change_stderr")
    ]
    right = [
        np.mean([number(r, "change") * number(r, "measured_change") > 0 for r in part])
        for part in (sure, clear)
    ]
    return [
        _line("real data", rows),
        _line(f"real data, measured to {PRECISE:.0%}", precise),
        f"sign of a change that is larger than its interval: right in {right[0]:.0%} of {len(sure)}, "
        f"in {right[1]:.0%} of the {len(clear)} that the measurement tells from 0",
    ]


def _line(what: str, rows: list[Record]) -> str:
    told = [row for row in rows if "low" in row]
    if not told:
        return f"{what}: none"
    gap = abs(numbers(told, "measured") / numbers(told, "predicted") - 1)
    return (
        f"{what}: {len(told)} of {len(rows)} told; {inside(told).mean():.1%} in their interval of 90%, "
        f"median gap {np.median(gap):.1%}"
    )


if __name__ == "__main__":
    sys.exit(main())
