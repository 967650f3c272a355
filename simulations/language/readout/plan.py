"""What is trained: single readouts, blocks of them, and a plan of blocks."""

from typing import NamedTuple

from simulations.language.readout.reader import Reader
from simulations.language.readout.world import Author
from simulations.mix import synthetic_count


class Point(NamedTuple):
    """A readout: trained on so many stories, of which a fraction is synthetic."""

    stories: int
    fraction: float

    @property
    def split(self) -> tuple[int, int]:
        """Real and synthetic stories."""
        synthetic = synthetic_count(self.fraction, self.stories)
        return self.stories - synthetic, synthetic


class Block(NamedTuple):
    """Readouts of a width on all sizes and fractions.

    `features` are "random" ones of the last tokens or those of a frozen "gpt2"; `rows` are whole
    "stories" or single "tokens".
    """

    features: str
    rows: str
    width: int
    sizes: tuple[int, ...]
    fractions: tuple[float, ...]

    @property
    def points(self) -> list[Point]:
        """The readouts, of each size that of real stories alone first; a mix has a synthetic story."""
        made = (Point(n, p) for n in self.sizes for p in sorted({0.0, *self.fractions}))
        return [point for point in made if not point.fraction or point.split[1]]


class Plan(NamedTuple):
    """Blocks, and what all their readouts share."""

    blocks: tuple[Block, ...]
    author: Author
    reader: Reader  # the frozen GPT-2
    order: int  # tokens of a context, of random features
    ridge: float
    seeds: int  # independent draws of the stories
