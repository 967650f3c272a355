"""Where tokens come from: the law of their transitions, and stories drawn piece by piece."""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from simulations.language.corpus.corpus import Rows
from simulations.language.readout.transitions import Runs, Transitions, runs

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
    - `sample`: some of its stories, which tell how tokens of a story depend on each other.
    """

    law: Float[np.ndarray, " transitions"]
    length: float
    stories: Callable[[list[int]], Piece]
    sample: Runs


def pool_origin(transitions: Transitions, pool: Rows, sample: int) -> Origin:
    """The law that is these stories, from which all are drawn with replacement."""
    words = runs(pool, transitions.contexts.shape[1])
    made = transitions.number(words.words)
    lengths = np.bincount(words.story, minlength=len(pool))
    starts = np.concatenate([[0], np.cumsum(lengths)])

    def stories(keys: list[int]) -> Piece:
        chosen = np.random.default_rng(keys).integers(len(pool), size=PIECE)
        parts = [made[starts[i] : starts[i + 1]] for i in chosen]
        return Piece(np.concatenate(parts), np.cumsum(lengths[chosen]))

    law = np.bincount(made, minlength=len(transitions.codes)) / len(made)
    few = words.story < sample
    return Origin(law, len(made) / len(pool), stories, Runs(words.words[few], words.story[few]))


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
