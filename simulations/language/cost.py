"""What a run costs, counted before it starts."""

from typing import NamedTuple

from simulations.language.corpus.corpus import Corpus
from simulations.language.experiment import architecture
from simulations.language.plan import Generator, Job, Plan, Shape, once


class Cost(NamedTuple):
    """Models, tokens that they are trained on or write, for all seeds, and floating-point operations."""

    models: int
    tokens: float
    flops: float


def training(corpus: Corpus, plan: Plan, shape: Shape, n: int, seeds: int) -> Cost:
    """Training a model of this shape on n stories, for so many seeds."""
    tokens = float(seeds * plan.steps_for(n) * plan.recipe.batch * (corpus.length - 1))
    return Cost(1, tokens, tokens * architecture(corpus, shape).flops_per_token)


def writing(corpus: Corpus, plan: Plan, generator: Generator) -> Cost:
    """Stories of a generator, before the verifier."""
    tokens = float(plan.authors(generator) * plan.most(generator) * (corpus.length - 1))
    return Cost(0, tokens, tokens * architecture(corpus, plan.author).flops_per_token_written)


def total(corpus: Corpus, plan: Plan, jobs: list[Job]) -> Cost:
    """These jobs, with the generators that they want; a model of several studies counts once."""
    jobs = once(job._replace(study="") for job in jobs)
    generators = list(dict.fromkeys(job.generator for job in jobs if job.generator))
    parts = [training(corpus, plan, job.shape, job.n, job.seeds) for job in jobs]
    parts += [writing(corpus, plan, generator) for generator in generators]
    authors = {generator.stories: plan.authors(generator) for generator in generators}
    parts += [training(corpus, plan, plan.author, n, seeds) for n, seeds in authors.items()]
    return Cost(*map(sum, zip(*parts, strict=True))) if parts else Cost(0, 0.0, 0.0)
