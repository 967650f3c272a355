"""Rows of the table: one for each round and seed of a chain, and the job that measures them."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

from simulations.language.corpus.corpus import Corpus, grammar_corpus
from simulations.language.experiment import architecture, losses
from simulations.language.generations.chain import Chain
from simulations.language.generations.texts import Stories, generator, training_texts
from simulations.language.plan import Plan
from simulations.language.workshop import Workshop
from workbench.job import Answer, Progress
from workbench.records import Record

INPUTS = ["kind", "temperature", "verified", "corpus", "width", "depth", "n", "round", "stories"]
INPUTS += ["steps", "recipe", "key", "code", "seed"]
MEASURED = ["loss", "excess", "valid", "train_loss", "best_step"]
COLUMNS = ["study", *INPUTS, *MEASURED]
ROUND = 1000  # seeds between two rounds: no two models begin with the same weights


class Place(NamedTuple):
    """All that a process needs to know to train a chain; models have the shape of the plan's author."""

    plan: Plan
    n: int
    rounds: int
    key: int
    folder: Path  # of unfinished models
    code: str

    def stories(self, chain: Chain, number: int) -> int:
        """The stories that the model of a round learns from."""
        return self.n * (number + 1 if chain.kind == "accumulate" else 1)


@cache
def corpus() -> Corpus:
    """The stories whose law is known."""
    return grammar_corpus()


@cache
def workshop_of(place: Place) -> Workshop:
    """The workshop of a place, one in each process; chains share the model of round 0."""
    return Workshop(corpus(), place.plan, place.key, place.folder, place.code)


def inputs(chain: Chain, place: Place) -> list[Record]:
    """The input columns of a chain's rows: the rounds one after another, all seeds of each."""
    plan, stories = place.plan, corpus()
    return [
        {
            **chain._asdict(),
            "corpus": f"{stories.name} {stories.vocabulary} {stories.length}",
            **plan.author._asdict(),
            "n": place.n,
            "round": number,
            "stories": place.stories(chain, number),
            "steps": plan.steps_for(place.stories(chain, number)),
            "recipe": " ".join(f"{name}={value}" for name, value in plan.recipe._asdict().items()),
            "key": place.key,
            "code": place.code,
            "seed": seed,
        }
        for number in range(place.rounds + 1)
        for seed in range(plan.seeds)
    ]


def measure(chain: Chain, place: Place, flops: float, progress: Progress) -> Answer:
    """The results of a chain's rows; `progress` is told which part of `flops` is done.

    Raises ArithmeticError if a loss is not finite, or if too few stories pass the verifier.
    """
    workshop, plan = workshop_of(place), place.plan
    written: list[Stories] = []
    results: list[Record] = []
    for number in range(place.rounds + 1):
        texts = training_texts(chain, workshop.corpus, written, place.n, plan.seeds)
        name, first = (chain, number) if number else "round 0", ROUND * number
        run = workshop.train(
            plan.author, texts, name, lambda done: progress(done / flops), first=first
        ).run
        quality = losses(workshop.corpus, run.best, workshop.tests)
        stories, valid = workshop.write(
            run.best,
            generator(chain, place.n),
            place.n,
            (chain, number),
            lambda done: progress(done / flops),
            first,
        )
        written.append(stories)
        for seed in range(plan.seeds):
            values = {
                "loss": quality.loss[seed],
                "excess": quality.excess[seed],
                "valid": valid[seed],
                "train_loss": run.train_loss[seed],
            }
            rounded: Record = {key: float(f"{value:.6g}") for key, value in values.items()}
            results.append(rounded | {"best_step": int(run.best_step[seed])})
    return Answer(results)


def work(chain: Chain, place: Place) -> float:
    """Floating-point operations of a chain."""
    plan, stories = place.plan, corpus()
    each = architecture(stories, plan.author).flops_per_token
    counts = [place.stories(chain, number) for number in range(place.rounds + 1)]
    trained = sum(plan.steps_for(count) for count in counts) * plan.recipe.batch
    written = place.n * (place.rounds + 1)
    return float(plan.seeds * (stories.length - 1) * (trained + written / 3) * each)
