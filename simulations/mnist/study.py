"""What is trained: blocks of the default run, of the quick one and of the full one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from simulations.mnist.generator import Generator
from simulations.mnist.mix import CLEAN, Mix
from simulations.mnist.network import BATCH

MODELS = {
    "linear": "ridge regression on the pixels",
    "projection": "ridge regression on random projections of the pixels",
    "relu": "ridge regression on random ReLU features",
    "network": "two-layer network, all weights trained",
}
STUDIES = {
    "scaling": "error against the number of images",
    "width": "error against model size",
    "theory": "predicted and measured error at several ridges",
}


@dataclass(frozen=True)
class Block:
    """Models of one kind, trained on every combination of the lists.

    True labels alone (p_2 = 0) are always among the mixes: the collapse is counted from there.  Ridge
    models of all sizes, or of all widths, whichever are more, are computed together.
    """

    study: str
    model: str
    sizes: tuple[int, ...]
    widths: tuple[int | None, ...]
    fractions: tuple[float, ...]
    generators: tuple[Generator, ...]
    ridges: tuple[float, ...]
    seeds: int
    steps: int = 0  # of a network's training, or more where they are fewer than the epochs
    epochs: int = 0

    def steps_for(self, n: int) -> int:
        """Steps of a network's training on n images."""
        return max(self.steps, self.epochs * n // BATCH)

    @property
    def by_width(self) -> bool:
        """Whether all widths are one job, an n x n system, or all sizes are, an m x m one."""
        if self.model not in ("projection", "relu"):
            return False
        sizes, widths = (len(self.sizes), max(self.sizes)), (len(self.widths), max(self.widths))  # type: ignore[type-var]
        return widths > sizes

    @property
    def mixes(self) -> list[Mix]:
        """Mixes of labels, true ones alone first."""
        some = [Mix(p, g) for g in self.generators for p in self.fractions if p > 0]
        return [CLEAN, *some]


class Job(NamedTuple):
    """A part of a block that is computed, and saved, together: many sizes, or many widths."""

    block: Block
    sizes: tuple[int, ...]
    widths: tuple[int | None, ...]

    def __str__(self) -> str:
        n, m = ("..".join(dict.fromkeys((str(v[0]), str(v[-1])))) for v in (self.sizes, self.widths))
        width = "" if self.widths == (None,) else f", m = {m}"
        return f"{self.block.study}, {self.block.model}, n = {n}{width}"


class Point(NamedTuple):
    """One model of a job."""

    n: int
    width: int | None
    ridge: float
    mix: Mix


def jobs(block: Block) -> Iterator[Job]:
    """Jobs of a block."""
    if block.model == "network":
        return (Job(block, (n,), (m,)) for m in block.widths for n in block.sizes)
    if block.by_width:
        return (Job(block, (n,), block.widths) for n in block.sizes)
    return (Job(block, block.sizes, (m,)) for m in block.widths)


def points(job: Job) -> list[Point]:
    """The models of a job: sizes, widths, ridges, and mixes fastest."""
    return [
        Point(n, width, ridge, mix)
        for n in job.sizes
        for width in job.widths
        for ridge in job.block.ridges
        for mix in job.block.mixes
    ]


FRACTIONS = (0.0, 0.001, 0.01, 0.1, 0.5, 1.0)
GOOD, FAIR, POOR = Generator(10000), Generator(300), Generator(300, 0.1)
SIZES = (100, 200, 500, 1000, 2000, 5000, 10000, 20000, 40000)
THRESHOLDS = (100, 300, 500, 700, 1000, 2000, 5000, 40000)
WIDTHS = (10, 30, 100, 200, 400, 700, 1000, 1500, 2500, 5000, 10000, 30000, 100000)

_scaling = Block("scaling", "linear", SIZES, (None,), FRACTIONS, (POOR,), (0.01,), seeds=12)
_width = Block("width", "projection", (400,), WIDTHS, (0.5,), (GOOD, FAIR, POOR), (0.1,), seeds=5)
_theory = Block("theory", "linear", THRESHOLDS, (None,), (0.5,), (POOR,), (1e-4, 1e-2, 1.0), seeds=8)

DEFAULT = (
    _scaling,
    replace(_scaling, model="relu", widths=(1000,)),
    replace(_scaling, model="network", widths=(100,), ridges=(0.0,), seeds=3, steps=3000),
    _width,
    replace(_width, model="relu", sizes=(1000,), ridges=(0.001,), seeds=4),
    replace(
        _width,
        model="network",
        sizes=(1000,),
        widths=(3, 10, 30, 100, 300, 1000, 2000),
        ridges=(0.0,),
        seeds=3,
        steps=1200,
    ),
    _theory,
    replace(_theory, model="projection", widths=(300,)),
    replace(_theory, model="relu", widths=(300, 2000)),
)


def quick() -> tuple[Block, ...]:
    """A few small models of every block, for the small data set too."""
    some = (Generator(200), Generator(50, 0.1))

    def shape(block: Block) -> tuple[tuple[int, ...], tuple[int | None, ...]]:
        if block.study == "width":
            return (100,), (10, 50, 200)
        return (50, 500), (None,) if block.model == "linear" else (50,)

    def small(block: Block) -> Block:
        sizes, widths = shape(block)
        return replace(
            block,
            sizes=sizes,
            widths=widths,
            generators=some[: len(block.generators)],
            fractions=tuple(p for p in block.fractions if p in (0.0, 0.1, 0.5)),
            ridges=block.ridges[:2],
            seeds=2,
            steps=min(block.steps, 200),
        )

    return tuple(small(block) for block in DEFAULT)


def full() -> tuple[Block, ...]:
    """More seeds, and networks trained on as many batches as 400 passes over the images have."""
    return tuple(
        replace(block, seeds=5, epochs=400)
        if block.model == "network"
        else replace(block, seeds=2 * block.seeds)
        for block in DEFAULT
    )
