"""What is trained: the model of a job, the generator it learns from, and a plan of many of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from simulations.language.gpt2.loop import SEGMENT
from simulations.language.gpt2.training import Recipe
from simulations.mix import synthetic_count


class Shape(NamedTuple):
    """Size of a model."""

    width: int
    depth: int

    def __str__(self) -> str:
        return f"{self.width} x {self.depth}"


class Generator(NamedTuple):
    """A model of so many real stories, and how it writes; `verified`: what is no story is not kept."""

    stories: int
    temperature: float = 1.0
    top_p: float = 1.0
    verified: bool = False


class Block(NamedTuple):
    """Models trained on every combination of the lists, each for `times` the plan's number of seeds.

    Real stories alone (p_2 = 0) are always among the mixes: the collapse is counted from there.
    """

    study: str
    shapes: tuple[Shape, ...]
    sizes: tuple[int, ...]
    fractions: tuple[float, ...]
    generators: tuple[Generator, ...]
    times: int = 1


class Job(NamedTuple):
    """One model, trained for so many seeds.  Real stories alone have no generator."""

    study: str
    shape: Shape
    n: int
    fraction: float
    generator: Generator | None
    seeds: int

    def __str__(self) -> str:
        verified = ", verified" if self.generator and self.generator.verified else ""
        return f"{self.study}, {self.shape}, n = {self.n}, p2 = {self.fraction:g}{verified}"


@dataclass(frozen=True)
class Plan:
    """Blocks, and how all their models are trained."""

    blocks: tuple[Block, ...]
    author: Shape  # of the generators
    seeds: int  # at least, each with stories, generators and initial weights of its own
    steps: int  # of training at most
    epochs: int  # passes over the stories at most
    recipe: Recipe

    def steps_for(self, n: int) -> int:
        """Steps of a training run on n stories, a multiple of `SEGMENT`."""
        most = min(self.steps, self.epochs * n // self.recipe.batch)
        return SEGMENT * max(1, most // SEGMENT)

    @property
    def jobs(self) -> list[Job]:
        """The models, of each shape and size that of real stories alone first.

        One that two blocks of a study ask for is trained for the seeds of both.
        """
        asked = [
            Job(block.study, shape, n, *mix, self.seeds * block.times)
            for block in self.blocks
            for shape in block.shapes
            for n in block.sizes
            for mix in [
                (0.0, None),
                *((p, g) for g in block.generators for p in block.fractions if synthetic_count(p, n)),
            ]
        ]
        return once(asked)

    def most(self, generator: Generator) -> int:
        """The most stories of a generator that a model wants."""
        readers = (job for job in self.jobs if job.generator == generator)
        return max(synthetic_count(job.fraction, job.n) for job in readers)

    def authors(self, generator: Generator) -> int:
        """The most seeds of the models that learn from generators of as many stories."""
        return max(
            job.seeds
            for job in self.jobs
            if job.generator and job.generator.stories == generator.stories
        )

    @property
    def generators(self) -> list[Generator]:
        """All generators."""
        return list(dict.fromkeys(job.generator for job in self.jobs if job.generator))


def once(jobs: Iterable[Job]) -> list[Job]:
    """Each model once, for the most of its seeds."""
    models: dict[Job, int] = {}
    for job in jobs:
        model = job._replace(seeds=0)
        models[model] = max(job.seeds, models.get(model, 0))
    return [model._replace(seeds=seeds) for model, seeds in models.items()]
