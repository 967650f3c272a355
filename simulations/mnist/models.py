"""What is trained: blocks of models, their groups that are computed together, and each single model."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from simulations.mnist.generator import Generator
from simulations.mnist.mix import CLEAN, Mix
from simulations.mnist.network import BATCH


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
        """Whether all widths are one group, an n x n system, or all sizes are, an m x m one."""
        if self.model not in ("projection", "relu"):
            return False
        sizes, widths = (len(self.sizes), max(self.sizes)), (len(self.widths), max(self.widths))  # type: ignore[type-var]
        return widths > sizes

    @property
    def mixes(self) -> list[Mix]:
        """Mixes of labels, true ones alone first."""
        return [CLEAN, *(Mix(p, g) for g in self.generators for p in self.fractions if p > 0)]


class Group(NamedTuple):
    """A part of a block that is computed, and saved, together: many sizes, or many widths."""

    block: Block
    sizes: tuple[int, ...]
    widths: tuple[int | None, ...]

    def __str__(self) -> str:
        n, m = ("..".join(dict.fromkeys((str(v[0]), str(v[-1])))) for v in (self.sizes, self.widths))
        width = "" if self.widths == (None,) else f", m = {m}"
        return f"{self.block.study}, {self.block.model}, n = {n}{width}"


class Point(NamedTuple):
    """One model of a group."""

    n: int
    width: int | None
    ridge: float
    mix: Mix


def groups(block: Block) -> Iterator[Group]:
    """Groups of a block."""
    if block.model == "network":
        return (Group(block, (n,), (m,)) for m in block.widths for n in block.sizes)
    if block.by_width:
        return (Group(block, (n,), block.widths) for n in block.sizes)
    return (Group(block, block.sizes, (m,)) for m in block.widths)


def points(group: Group) -> list[Point]:
    """The models of a group: sizes, widths, ridges, and mixes fastest."""
    return [
        Point(n, width, ridge, mix)
        for n in group.sizes
        for width in group.widths
        for ridge in group.block.ridges
        for mix in group.block.mixes
    ]
