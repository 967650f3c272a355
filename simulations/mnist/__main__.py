"""`python -m simulations.mnist`: models trained on images with true and synthetic labels, and theory."""

import argparse
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import jax

from simulations.code import code_version
from simulations.command import formats, share_bar, wide_console
from simulations.folder import output
from simulations.manifest import earlier, this_command, write_manifest
from simulations.mnist import options, study
from simulations.mnist.data import load
from simulations.mnist.picture import draw
from simulations.mnist.report import print_report
from simulations.mnist.results import COLUMNS, INPUTS, cost, inputs, measure
from simulations.mnist.study import MODELS, STUDIES, Job
from simulations.mnist.task import Task, make_task
from simulations.table import Row, Table, open_table

QUICK_IMAGES = 7600, 500  # for training and tests


class Outcome(NamedTuple):
    """The rows of a run, where they are, and what is to be said of its jobs by their names."""

    rows: list[Row]
    folder: Path
    samples_per_second: dict[str, int]
    failed: dict[str, str]


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code is 1 if a model could not be trained, 2 for bad input."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = options.parser(__doc__)
    given = parser.parse_args(arguments)
    if given.list:
        for name, shows in (STUDIES | MODELS).items():
            print(f"{name:12}{shows}")
        return 0
    with output(parser) as held:
        try:
            suffixes = formats(given.format)
            done = run(given, arguments, held)
        except ValueError as error:
            parser.error(str(error))
        return _tell(done, suffixes)


def _tell(done: Outcome, suffixes: list[str]) -> int:
    """Print and draw the rows; the exit code."""
    console = wide_console()
    print_report(console, done.rows)
    made = [done.folder / "mnist.csv", *draw(done.rows, done.folder, suffixes)]
    console.print(f"made {', '.join(map(str, made))}", soft_wrap=True)
    for name, rate in done.samples_per_second.items():
        console.print(f"{name}: {rate:,} samples a second, all networks together")
    for name, reason in done.failed.items():
        console.print(f"FAILED {name}: {reason}", soft_wrap=True)
    return 1 if done.failed else 0


def run(given: argparse.Namespace, arguments: list[str], held: ExitStack) -> Outcome:
    """Compute what is not in the table yet, its folder `held`.  Raises ValueError for bad input."""
    started = time.time()
    blocks = options.blocks(given)
    images = load(given.data, small=given.quick)
    images = images.first(*QUICK_IMAGES) if given.quick else images
    options.check(blocks, images)
    kind = "-quick" if given.quick else "-full" if given.full else ""
    folder = Path(given.out or f"results/{images.name}{kind}")
    table = open_table(held, folder, "mnist.csv", COLUMNS, INPUTS)
    task = make_task(images, [g for block in blocks for g in block.generators], given.key)
    if given.quick:  # nearly all of it is compilation
        jax.config.update("jax_disable_most_optimizations", True)
    jobs = [job for block in blocks for job in study.jobs(block)]
    code = code_version("mnist")
    rows = [inputs(job, task, given.key, code) for job in jobs]
    missing = [i for i, some in enumerate(rows) if not all(map(table.get, some))]
    facts = _compute([jobs[i] for i in missing], [rows[i] for i in missing], task, table, given.key)
    finished = table.finish([row for some in rows for row in some if table.get(row)])
    manifest = folder / "manifest.json"
    rates = earlier(manifest, code, "network_samples_per_second") | facts["rates"]
    write_manifest(
        manifest,
        started,
        this_command("simulations.mnist", arguments),
        code=code,
        rows=len(finished),
        jobs_reused=len(jobs) - len(missing),
        seconds=earlier(manifest, code, "seconds") | facts["seconds"],
        network_samples_per_second=rates,
        failed=facts["failed"],
    )
    return Outcome(finished, folder, rates, facts["failed"])


def _compute(
    jobs: list[Job], rows: list[list[Row]], task: Task, table: Table, key: int
) -> dict[str, dict[str, Any]]:
    """Put the jobs' rows into the table; seconds, networks' samples per second, and failures."""
    bar = share_bar(34)
    costs = [cost(job, task) for job in jobs]
    seconds, rates, failed = {}, {}, {}
    with bar:
        bar.console.print(f"{len(jobs)} jobs, {sum(costs) / 1e12:.3g} TFLOP")
        shown = bar.add_task("", total=sum(costs))
        for job, some, flops in zip(jobs, rows, costs, strict=True):
            name, started = str(job), time.time()
            bar.update(shown, description=name)

            def progress(share: float, flops: float = flops) -> None:
                bar.advance(shown, share * flops)

            try:
                found = measure(job, task, some, key, progress)
            except (ArithmeticError, ValueError, RuntimeError, MemoryError) as error:
                failed[name] = " ".join(str(error).split())[:300] or type(error).__name__
                continue
            for row in found.rows:
                table.append(row)
            seconds[name] = round(time.time() - started, 1)
            if found.samples_per_second:
                rates[name] = round(found.samples_per_second)
    return {"seconds": seconds, "rates": rates, "failed": failed}


if __name__ == "__main__":
    sys.exit(main())
