"""`python -m simulations.language`: GPT-2 models of stories, of which an earlier model wrote a part."""

import argparse
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from simulations.code import code_version
from simulations.command import formats, share_bar, wide_console
from simulations.folder import output
from simulations.language import cost, machine, options, study
from simulations.language.corpus.stories import story_grammar
from simulations.language.experiment import architecture
from simulations.language.picture import draw
from simulations.language.plan import Job
from simulations.language.report import print_report
from simulations.language.results import COLUMNS, INPUTS, inputs, known_elsewhere, measure
from simulations.language.samples import samples
from simulations.language.study import STUDIES
from simulations.language.workshop import Workshop
from simulations.manifest import earlier, this_command, write_manifest
from simulations.table import Row, Table, atomic_write, open_table

TABLE, STORIES = "language.csv", "stories.txt"


class Outcome(NamedTuple):
    """The rows of a run, where they are, how fast models were trained, and what failed."""

    rows: list[Row]
    folder: Path
    speeds: dict[str, dict[str, float]]
    failed: dict[str, str]


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code is 1 if a model could not be trained, 2 for bad input."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = options.parser(__doc__)
    settings = parser.parse_args(arguments)
    console = wide_console()
    with output(parser) as held:
        try:
            if settings.list:
                return _list(console)
            suffixes = formats(settings.format)
            done = run(settings, arguments, held)
        except ValueError as error:
            parser.error(str(error))
        return _tell(console, done, suffixes)


def _tell(console: Console, done: Outcome, suffixes: list[str]) -> int:
    """Print and draw the rows; the exit code."""
    if done.rows:
        print_report(console, done.rows)
    made = [done.folder / TABLE, done.folder / STORIES, *draw(done.rows, done.folder, suffixes)]
    console.print(f"made {', '.join(str(path) for path in made if path.exists())}", soft_wrap=True)
    for shape, speed in done.speeds.items():
        console.print(
            f"{shape}: {speed['tokens_per_second']:,.0f} tokens a second, "
            f"{speed['utilisation']:.0%} of the operations a second of a matrix product",
            soft_wrap=True,
        )
    for name, reason in done.failed.items():
        console.print(f"FAILED {name}: {reason}", soft_wrap=True)
    return 1 if done.failed else 0


def run(settings: argparse.Namespace, arguments: list[str], held: ExitStack) -> Outcome:
    """Compute what is not in the table yet, its folder `held`.  Raises ValueError for bad input."""
    started = time.time()
    corpus = options.corpus(settings)
    plan = options.plan(settings, corpus)
    kind = "-quick" if settings.quick else "-full" if settings.full else ""
    name = "language" if corpus.log_probability else f"language-{corpus.name}"
    folder = Path(settings.out or f"results/{name}{kind}")
    table = open_table(held, folder, TABLE, COLUMNS, INPUTS)
    code = code_version("language")
    workshop = Workshop(corpus, plan, settings.key, folder / "unfinished", code)
    jobs = plan.jobs
    rows = [inputs(job, workshop) for job in jobs]
    reused = sum(all(map(table.get, of_job)) for of_job in rows)
    facts = _compute(jobs, rows, workshop, table)
    finished = table.finish([row for of_job in rows for row in of_job if table.get(row)])
    manifest = folder / "manifest.json"
    speeds = earlier(manifest, code, "training") | facts["training"]
    write_manifest(
        manifest,
        started,
        this_command("simulations.language", arguments),
        code=code,
        rows=len(finished),
        jobs_reused=reused,
        seconds=earlier(manifest, code, "seconds") | facts["seconds"],
        training=speeds,
        failed=facts["failed"],
    )
    if not facts["failed"]:
        if facts["training"] or not (folder / STORIES).exists():
            text = samples(workshop)
            atomic_write(folder / STORIES, lambda path: path.write_text(text))
        workshop.clear()
    return Outcome(finished, folder, speeds, facts["failed"])


def _compute(
    jobs: list[Job], rows: list[list[Row]], workshop: Workshop, table: Table
) -> dict[str, dict[str, Any]]:
    """Put the jobs' rows into the table; seconds, speeds, and failures."""
    missing = [
        (job, of_job) for job, of_job in zip(jobs, rows, strict=True) if not all(map(table.get, of_job))
    ]
    todo = cost.total(workshop.corpus, workshop.plan, [job for job, _ in missing])
    bar = share_bar(44)
    seconds, speeds, failed = {}, {}, {}
    most = machine.matrix_rate(workshop.plan.recipe.dtype) if missing else 0.0
    with bar:
        bar.console.print(
            f"{todo.models} models, {workshop.plan.seeds} seeds each: "
            f"{todo.tokens:.3g} tokens, {todo.flops:.3g} FLOP"
        )
        shown = bar.add_task("", total=todo.flops)
        for job, of_job in missing:
            name, started = str(job), time.time()
            bar.update(shown, description=name)
            complete = known_elsewhere(of_job, list(table.rows.values()))
            try:
                if not complete:
                    complete, speed = measure(
                        job, of_job, workshop, lambda flops: bar.advance(shown, flops)
                    )
                    flops = speed * architecture(workshop.corpus, job.shape).flops_per_token
                    if flops == flops:  # not of a model that an earlier run had trained
                        speeds[str(job.shape)] = {
                            "tokens_per_second": round(speed),
                            "flops_per_second": float(f"{flops:.3g}"),
                            "utilisation": round(flops / most, 3),
                        }
            except (ArithmeticError, RuntimeError, MemoryError) as error:
                failed[name] = " ".join(str(error).split())[:300] or type(error).__name__
                continue
            for row in complete:
                table.append(row)
            seconds[name] = round(time.time() - started, 1)
    return {"seconds": seconds, "training": speeds, "failed": failed}


def _list(console: Console) -> int:
    """Print the studies and what the three plans cost."""
    for name, shows in STUDIES.items():
        console.print(f"{name:12}{shows}")
    corpus = options.grammar_corpus()
    plans = {"--quick": study.quick(), "default": study.DEFAULT, "--full": study.full()}
    for name, plan in plans.items():
        price = cost.total(corpus, plan, plan.jobs)
        console.print(
            f"{name:12}{price.models} models, {plan.seeds} seeds each: "
            f"{price.tokens:.2g} tokens, {price.flops:.2g} FLOP"
        )
    console.print(f"A story of the grammar has an entropy of {story_grammar().entropy:.2f} nats.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
