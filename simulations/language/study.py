"""What is trained: blocks of the default run, of the quick one and of the full one."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from simulations.language.loop import SEGMENT
from simulations.language.training import Recipe
from simulations.mix import synthetic_count

STUDIES = {
    "scaling": "loss against the number of stories, real and synthetic",
    "size": "loss against the width and the depth of the model",
    "filter": "loss where only synthetic stories that pass the verifier are kept",
}


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
    """Models trained on every combination of the lists.

    Real stories alone (p_2 = 0) are always among the mixes: the collapse is counted from there.
    """

    study: str
    shapes: tuple[Shape, ...]
    sizes: tuple[int, ...]
    fractions: tuple[float, ...]
    generators: tuple[Generator, ...]


class Job(NamedTuple):
    """One model, trained for every seed.  Real stories alone have no generator."""

    study: str
    shape: Shape
    n: int
    fraction: float
    generator: Generator | None

    def __str__(self) -> str:
        verified = ", verified" if self.generator and self.generator.verified else ""
        return f"{self.study}, {self.shape}, n = {self.n}, p2 = {self.fraction:g}{verified}"


@dataclass(frozen=True)
class Plan:
    """Blocks, and how all their models are trained."""

    blocks: tuple[Block, ...]
    author: Shape  # of the generators
    seeds: int  # each with stories, generators and initial weights of its own
    steps: int  # of training at most
    epochs: int  # passes over the stories at most
    recipe: Recipe

    def steps_for(self, n: int) -> int:
        """Steps of a training run on n stories, a multiple of `SEGMENT`."""
        most = min(self.steps, self.epochs * n // self.recipe.batch)
        return SEGMENT * max(1, most // SEGMENT)

    @property
    def jobs(self) -> list[Job]:
        """The models, of each shape and size that of real stories alone first."""
        return [
            Job(block.study, shape, n, *mix)
            for block in self.blocks
            for shape in block.shapes
            for n in block.sizes
            for mix in [
                (0.0, None),
                *((p, g) for g in block.generators for p in block.fractions if synthetic_count(p, n)),
            ]
        ]

    def most(self, generator: Generator) -> int:
        """The most stories of a generator that a model wants."""
        wanted = [
            synthetic_count(job.fraction, job.n) for job in self.jobs if job.generator == generator
        ]
        return max(wanted)

    @property
    def generators(self) -> list[Generator]:
        """All generators."""
        return list(dict.fromkeys(job.generator for job in self.jobs if job.generator))


FRACTIONS = (0.0, 0.001, 0.01, 0.1, 0.5, 1.0)
SIZES = (500, 1000, 2500, 6000, 15000)
BASE = Shape(64, 1)
SHAPES = (Shape(8, 1), Shape(16, 1), Shape(32, 1), BASE, Shape(64, 2), Shape(128, 1))
RAW, VERIFIED = Generator(1000), Generator(1000, verified=True)

DEFAULT = Plan(
    blocks=(
        Block("scaling", (BASE,), SIZES, FRACTIONS, (RAW,)),
        Block("size", SHAPES, (1000,), (0.5,), (RAW,)),
        Block("filter", (BASE,), SIZES[:3], (0.5, 1.0), (RAW, VERIFIED)),
    ),
    author=BASE,
    seeds=2,
    steps=1000,
    epochs=20,
    recipe=Recipe(),
)


def quick() -> Plan:
    """A few small models of every block, trained too little to learn much."""
    small, other = Shape(16, 1), Shape(8, 1)
    some = Generator(200)
    return replace(
        DEFAULT,
        blocks=(
            Block("scaling", (small,), (100, 300, 1000), (0.0, 0.5, 1.0), (some,)),
            Block("size", (other, small), (300,), (0.5,), (some,)),
            Block("filter", (small,), (300,), (1.0,), (some, some._replace(temperature=0.1))),
        ),
        author=small,
        seeds=2,
        steps=200,
    )


def full() -> Plan:
    """Larger models, more stories and seeds, for a GPU."""
    base = Shape(256, 4)
    widths = tuple(Shape(width, 4) for width in (32, 64, 128, 256, 512))
    depths = tuple(Shape(256, depth) for depth in (1, 2, 8))
    sizes = (300, 1000, 3000, 10000, 30000, 100000, 300000)
    return Plan(
        blocks=(
            Block("scaling", (base,), sizes, FRACTIONS, (RAW,)),
            Block("size", (*widths, *depths), (1000, 10000, 100000), (0.1, 0.5), (RAW,)),
            Block("filter", (base,), sizes[1:], (0.1, 0.5, 1.0), (RAW, VERIFIED)),
        ),
        author=base,
        seeds=5,
        steps=10000,
        epochs=50,
        recipe=Recipe(batch=64, learning_rate=2e-3, dropout=0.1, dtype="bfloat16"),
    )
