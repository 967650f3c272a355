"""What a run costs, counted before it starts."""

from typing import NamedTuple

from simulations.language.corpus.corpus import Corpus
from simulations.language.experiment import architecture
from simulations.language.plan import Generator, Job, Plan, Shape


class Cost(NamedTuple):
    """Models, tokens that they are trained on or write, for all seeds, and floating-point operations."""

    models: int
    tokens: float
    flops: float


def training(corpus: Corpus, plan: Plan, shape: Shape, n: int) -> Cost:
    """Training a model of this shape on n stories, for every seed."""
    tokens = float(plan.seeds * plan.steps_for(n) * plan.recipe.batch * (corpus.length - 1))
    return Cost(1, tokens, tokens * architecture(corpus, shape).flops_per_token)


def writing(corpus: Corpus, plan: Plan, generator: Generator) -> Cost:
    """Stories of a generator, before the verifier."""
    tokens = float(plan.seeds * plan.most(generator) * (corpus.length - 1))
    return Cost(0, tokens, tokens * architecture(corpus, plan.author).flops_per_token_written)


def total(corpus: Corpus, plan: Plan, jobs: list[Job]) -> Cost:
    """These jobs, with the generators that they want; a model of several studies counts once."""
    jobs = list({job._replace(study=""): job for job in jobs}.values())
    generators = list(dict.fromkeys(job.generator for job in jobs if job.generator))
    parts = [training(corpus, plan, job.shape, job.n) for job in jobs]
    parts += [writing(corpus, plan, generator) for generator in generators]
    sizes = {generator.stories for generator in generators}
    parts += [training(corpus, plan, plan.author, n) for n in sizes]
    return Cost(*map(sum, zip(*parts, strict=True))) if parts else Cost(0, 0.0, 0.0)
