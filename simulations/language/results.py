"""Rows of the table: one for each model and seed, and the job that measures them."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

from simulations.language.corpus.corpus import Corpus, file_corpus, grammar_corpus
from simulations.language.corpus.grammar import PAD
from simulations.language.experiment import architecture, endless_collapse, losses
from simulations.language.machine import matrix_rate
from simulations.language.plan import Job, Plan
from simulations.language.workshop import Workshop
from workbench.job import Answer, Progress
from workbench.records import Record

INPUTS = ["corpus", "width", "depth", "n", "p2", "generator_stories", "temperature", "top_p"]
INPUTS += ["verified", "author_width", "author_depth", "author_steps"]
INPUTS += ["steps", "recipe", "key", "code", "seed"]
MEASURED = ["loss", "excess", "train_loss", "best_step", "generator_loss", "generator_excess", "valid"]
MEASURED += ["endless_collapse"]
COLUMNS = ["study", *INPUTS, *MEASURED]


class Stories(NamedTuple):
    """Where stories come from, in words: the grammar, or a file with so many tokens, cut at a length."""

    path: str | None
    vocabulary: int = 0
    length: int = 0


class Place(NamedTuple):
    """All that a process needs to know to train the models of a plan."""

    stories: Stories
    plan: Plan
    key: int
    folder: Path  # of unfinished models
    code: str


@cache
def corpus_of(stories: Stories) -> Corpus:
    """The corpus.  Raises ValueError if its file cannot be read."""
    if stories.path is None:
        return grammar_corpus()
    return file_corpus(Path(stories.path), stories.vocabulary, stories.length)


@cache
def workshop_of(place: Place) -> Workshop:
    """The workshop of a place, one in each process."""
    return Workshop(corpus_of(place.stories), place.plan, place.key, place.folder, place.code)


def inputs(job: Job, place: Place) -> list[Record]:
    """The input columns of a job's rows, one for each seed."""
    plan, corpus, generator = place.plan, corpus_of(place.stories), job.generator
    values: Record = {
        "corpus": f"{corpus.name} {corpus.vocabulary} {corpus.length}",
        "width": job.shape.width,
        "depth": job.shape.depth,
        "n": job.n,
        "p2": job.fraction,
        "generator_stories": generator and generator.stories,
        "temperature": generator and generator.temperature,
        "top_p": generator and generator.top_p,
        "verified": generator and generator.verified,
        "author_width": generator and plan.author.width,
        "author_depth": generator and plan.author.depth,
        "author_steps": generator and plan.steps_for(generator.stories),
        "steps": plan.steps_for(job.n),
        "recipe": " ".join(f"{name}={value}" for name, value in plan.recipe._asdict().items()),
        "key": place.key,
        "code": place.code,
    }
    return [values | {"seed": seed} for seed in range(job.seeds)]


def measure(job: Job, place: Place, flops: float, progress: Progress) -> Answer:
    """The results of a job's rows, and how fast its models were trained, all seeds together.

    `flops` are the operations of the job, of which `progress` is told the share that is done.  Raises
    ArithmeticError if a loss is not finite, or if too few stories pass the verifier.
    """
    workshop = workshop_of(place)

    def share(done: float) -> None:
        progress(done / flops)

    run, speed = workshop.trained(job, share)
    quality = losses(workshop.corpus, run.best, workshop.tests)
    written = workshop.written(job.generator, share) if job.generator else None
    if written:
        tokens = int((workshop.tests[:, 1:] != PAD).sum())
        limit = endless_collapse(written.log_ratio, job.fraction, tokens)
    results = []
    for seed in range(job.seeds):
        values = {
            "loss": quality.loss[seed],
            "excess": quality.excess[seed],
            "train_loss": run.train_loss[seed],
        }
        if written:
            values |= {
                "generator_loss": written.losses.loss[seed],
                "generator_excess": written.losses.excess[seed],
                "valid": written.valid[seed],
                "endless_collapse": limit[seed],
            }
        rounded: Record = {name: float(f"{v:.6g}") for name, v in values.items() if v == v}
        results.append(rounded | {"best_step": int(run.best_step[seed])})
    trained_here = speed == speed  # else an earlier run had trained the model
    return Answer(results, _speed(job, workshop, speed) if trained_here else {})


def _speed(job: Job, workshop: Workshop, tokens_per_second: float) -> Record:
    flops = tokens_per_second * architecture(workshop.corpus, job.shape).flops_per_token
    return {
        "shape": str(job.shape),
        "tokens_per_second": round(tokens_per_second),
        "flops_per_second": float(f"{flops:.3g}"),
        "utilisation": round(flops / matrix_rate(workshop.plan.recipe.dtype), 3),
    }
