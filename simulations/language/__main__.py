"""`python -m simulations.language`: GPT-2 models of stories, of which an earlier model wrote a part."""

import argparse
import sys
import time
from pathlib import Path

from rich.console import Console

from simulations.language import cost, options, study
from simulations.language.corpus.corpus import Corpus, grammar_corpus
from simulations.language.corpus.stories import story_grammar
from simulations.language.picture import draw
from simulations.language.plan import Job, Plan
from simulations.language.report import print_report
from simulations.language.results import corpus_of
from simulations.language.run import SAMPLES, TABLE, run, speeds
from simulations.language.study import STUDIES
from workbench import cluster
from workbench.command import formats, one_sentence, print_failures, wide_console
from workbench.files import make_folder
from workbench.manifest import this_command, write_manifest


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code is 1 if a model could not be trained, 2 for bad input."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = options.parser(__doc__)
    settings = parser.parse_args(arguments)
    with one_sentence(parser):
        return _list(wide_console()) if settings.list else _run(settings, arguments)


def _run(settings: argparse.Namespace, arguments: list[str]) -> int:
    """Compute, print and draw what the options ask for; the exit code."""
    started, console = time.time(), wide_console()
    suffixes, where = formats(settings.format), cluster.chosen(settings)
    stories = options.stories(settings)
    corpus = corpus_of(stories)
    plan = options.plan(settings, corpus)
    kind = "-quick" if settings.quick else "-full" if settings.full else ""
    name = "language" if corpus.log_probability else f"language-{corpus.name}"
    folder = Path(settings.out or f"results/{name}{kind}")
    make_folder(folder)
    print(f"in all {_cost(corpus, plan, plan.jobs)}", file=sys.stderr)
    outcome = run(folder, plan=plan, stories=stories, key=settings.key, cluster=where)
    training = speeds(outcome)
    write_manifest(
        folder / "manifest.json",
        started,
        this_command("simulations.language", arguments),
        code=outcome.rows[0]["code"] if outcome.rows else None,
        rows=len(outcome.rows),
        rows_reused=outcome.reused,
        seconds=outcome.seconds,
        training=training,
        failed=outcome.failed,
    )
    if outcome.rows:
        print_report(console, outcome.rows)
    made = [folder / f"{TABLE}.csv", folder / SAMPLES, *draw(outcome.rows, folder, suffixes)]
    console.print(f"made {', '.join(str(path) for path in made if path.exists())}", soft_wrap=True)
    for shape, speed in training.items():
        console.print(
            f"{shape}: {speed['tokens_per_second']:,.0f} tokens a second, "
            f"{speed['utilisation']:.0%} of the operations a second of a matrix product",
            soft_wrap=True,
        )
    print_failures(console, outcome.failed)
    return 1 if outcome.failed else 0


def _cost(corpus: Corpus, plan: Plan, jobs: list[Job]) -> str:
    price = cost.total(corpus, plan, jobs)
    models = f"{price.models} models, {plan.seeds} seeds each"
    return f"{models}: {price.tokens:.2g} tokens, {price.flops:.2g} FLOP"


def _list(console: Console) -> int:
    """Print the studies and what the three plans cost."""
    for name, shows in STUDIES.items():
        console.print(f"{name:12}{shows}")
    corpus = grammar_corpus()
    plans = {"--quick": study.quick(), "default": study.DEFAULT, "--full": study.full()}
    for name, plan in plans.items():
        console.print(f"{name:12}{_cost(corpus, plan, plan.jobs)}")
    console.print(f"A story of the grammar has an entropy of {story_grammar().entropy:.2f} nats.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
