"""What is trained: a network on each mix of stories, then readouts of its last hidden states."""

from typing import NamedTuple

from simulations.language.gpt2.training import Recipe
from simulations.language.readout.world import Author


class Network(NamedTuple):
    """A GPT-2 that learns from real and synthetic stories: how many, and its size."""

    stories: int
    steps: int
    width: int
    depth: int


class Plan(NamedTuple):
    """Networks of all fractions of synthetic stories, and the readouts of each.

    Of every fraction there are `networks`, each with real stories, an author and first weights of its
    own.
    Readouts are trained on new stories, mixed as those of their network: `sizes` of them, drawn with
    replacement from `pool` real ones and as many synthetic ones that no network has read.
    """

    fractions: tuple[float, ...]
    networks: int
    network: Network
    author: Author
    pool: int
    sizes: tuple[int, ...]
    ridge: float
    seeds: int  # independent draws of a readout's stories
    recipe: Recipe = Recipe()  # of networks and authors, that of the main study


DEFAULT = Plan(
    fractions=(0.0, 0.01, 0.1, 0.5, 1.0),
    networks=4,
    network=Network(stories=2000, steps=500, width=64, depth=1),  # eight passes, as in the main study
    author=Author(stories=100, steps=100, width=64, depth=1, temperature=0.5, written=4096),
    pool=2000,
    sizes=(300, 3000),
    ridge=1e-6,
    seeds=4,
)


def quick() -> Plan:
    """Two networks that have hardly learnt."""
    return DEFAULT._replace(
        fractions=(0.0, 0.5),
        networks=1,
        network=Network(stories=100, steps=50, width=8, depth=1),
        author=Author(stories=100, steps=50, width=8, depth=1, temperature=0.5, written=512),
        pool=200,
        sizes=(30, 300),
        seeds=3,
    )
