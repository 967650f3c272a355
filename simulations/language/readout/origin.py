"""Where tokens come from: the law of their transitions, and stories drawn piece by piece."""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from simulations.language.readout.transitions import Steps

PIECE = 1000  # stories drawn together


class Piece(NamedTuple):
    """The transitions of `PIECE` stories, one after another, and where each story ends."""

    transitions: Int[np.ndarray, " steps"]
    ends: Int[np.ndarray, " stories"]


class Origin(NamedTuple):
    """A source of stories.

    - `law`: how likely each transition is for a token drawn at random;
    - `length`: mean number of predicted tokens of a story;
    - `stories(keys)`: `PIECE` stories by these random keys, as transitions;
    - `sample`: some of its stories, which tell how tokens of a story depend on each other;
    - `pool`: the stories that its law is made of; None if it is that of all stories there are.
    """

    law: Float[np.ndarray, " transitions"]
    length: float
    stories: Callable[[list[int]], Piece]
    sample: Steps
    pool: Steps | None = None


def pool_origin(pool: Steps, transitions: int, sample: int) -> Origin:
    """The law, on so many transitions, that is these stories, all drawn from them with replacement."""
    lengths = np.bincount(pool.story)
    starts = np.concatenate([[0], np.cumsum(lengths)])

    def stories(keys: list[int]) -> Piece:
        chosen = np.random.default_rng(keys).integers(len(lengths), size=PIECE)
        parts = [pool.made[starts[i] : starts[i + 1]] for i in chosen]
        return Piece(np.concatenate(parts), np.cumsum(lengths[chosen]))

    law = np.bincount(pool.made, minlength=transitions) / len(pool.made)
    few = pool.story < sample
    length = len(pool.made) / len(lengths)
    return Origin(law, length, stories, Steps(pool.made[few], pool.story[few]), pool)


def single_tokens(origin: Origin) -> Origin:
    """Tokens drawn one by one by the same law, as many as stories have on average."""
    cumulative = np.cumsum(origin.law)
    ends = np.round(origin.length * np.arange(1, PIECE + 1)).astype(int)

    def stories(keys: list[int]) -> Piece:
        uniform = np.random.default_rng(keys).random(ends[-1]) * cumulative[-1]
        return Piece(np.searchsorted(cumulative, uniform, side="right"), ends)

    return origin._replace(stories=stories)


def counts_at(
    origin: Origin, cuts: list[int], keys: list[int]
) -> dict[int, Float[np.ndarray, " transitions"]]:
    """How often the first stories of a draw make each transition, for these numbers of stories.

    More stories begin with fewer.  A draw depends on its keys alone, not on the numbers asked for.
    """
    piece = lru_cache(maxsize=1)(lambda index: origin.stories([*keys, index]))
    total, done = np.zeros(len(origin.law)), 0
    counts = {}
    for cut in sorted(set(cuts)):
        while done < cut:
            index, start = divmod(done, PIECE)
            stop = min(cut - index * PIECE, PIECE)
            made, ends = piece(index)
            first = ends[start - 1] if start else 0
            total += np.bincount(made[first : ends[stop - 1]], minlength=len(total))
            done = index * PIECE + stop
        counts[cut] = total.copy()
    return counts
