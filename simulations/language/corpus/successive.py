"""The exact law of successive words in stories of the grammar, without a single story drawn."""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from collapse_theory.checks import fail
from simulations.language.corpus.grammar import BEGIN, END, PAD, Grammar
from simulations.language.corpus.template import Slot, Template


class Successive(NamedTuple):
    """Words that follow each other: each run of them once, and how many a story has on average."""

    words: Int[np.ndarray, "runs length"]
    expected: Float[np.ndarray, " runs"]


def successive_words(grammar: Grammar, length: int) -> Successive:
    """The expected number of times that words w_1 ... w_length follow each other in a story.

        N(w) = sum_t P(x_(t-length+1) ... x_t = w),    t from the first word after BEGIN to END,

    with `PAD` in front of BEGIN.  Exact: within a wording each word is a function of one choice, so that
    every t of every sequence of wordings asks for one marginal law of the Bayesian network.  The sum of
    all N is the mean number of words to be predicted in a story.  Raises ValueError for a length that is
    not between 1 and 4.
    """
    if not 1 <= length <= 4:
        raise fail("length", length, "between 1 and 4 words")
    marginal = cache(grammar.network.marginal)
    runs, counts = [], []
    for when, slots in _windows(grammar, length):
        names = tuple(dict.fromkeys([*when, *(slot.choice for slot in slots if slot.choice)]))
        fixed = tuple(slice(when[n], when[n] + 1) if n in when else slice(None) for n in names)
        law = marginal(*names)[fixed] if names else np.ones(1)
        values = np.nonzero(law)
        value = {name: index + when.get(name, 0) for name, index in zip(names, values, strict=False)}
        columns = [
            np.full(len(values[0]), slot.token[0])
            if slot.choice is None
            else slot.token[value[slot.choice]]
            for slot in slots
        ]
        runs.append(np.stack(columns, axis=1))
        counts.append(law[values])
    words, index = np.unique(np.concatenate(runs), axis=0, return_inverse=True)
    return Successive(words, np.bincount(index.ravel(), np.concatenate(counts), len(words)))


def _windows(grammar: Grammar, length: int) -> Iterator[tuple[dict[str, int], list[Slot]]]:
    """Every way in which `length` slots follow each other, and the values of choices that lead there."""
    before = Template({}, [_always(PAD)] * (length - 2) + [_always(BEGIN)])
    sections = [[before], *grammar._sentences, [Template({}, [_always(END)])]]
    for last in range(1, len(sections)):
        for when, slots in sections[last]:
            for end in range(1, len(slots) + 1):
                yield from _continued(sections[:last], when, slots[:end], length)


def _continued(
    earlier: list[list[Template]], when: dict[str, int], slots: list[Slot], length: int
) -> Iterator[tuple[dict[str, int], list[Slot]]]:
    """These slots with the ones before them, of every wording that does not contradict them."""
    if len(slots) >= length:
        yield when, slots[len(slots) - length :]
        return
    for conditions, more in earlier[-1]:
        if all(when.get(name, value) == value for name, value in conditions.items()):
            yield from _continued(earlier[:-1], when | conditions, [*more, *slots], length)


def _always(token: int) -> Slot:
    return Slot(None, np.array([token]), np.array([0]))
