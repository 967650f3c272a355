"""Transitions from prefixes: the context of a token is all of its story before it."""

import itertools
from typing import NamedTuple

import numpy as np

from simulations.language.corpus.corpus import Rows
from simulations.language.corpus.grammar import PAD
from simulations.language.readout.transitions import Steps, Transitions


class Prefixes(NamedTuple):
    """Transitions whose contexts are the different prefixes of stories, and the stories of each set.

    A row of `transitions.contexts` is a story, counted through all sets, and the place of its prefix's
    last token.
    """

    transitions: Transitions
    steps: list[Steps]


def prefixes(sets: list[Rows], vocabulary: int) -> Prefixes:
    """The transitions of these sets of stories, in rows of one length."""
    stories = np.concatenate(sets)
    count = 0
    before = np.zeros(len(stories), dtype=np.int64)  # the prefix of each story up to the place before
    contexts, parts = [], []
    for at in range(stories.shape[1] - 1):
        going_on = np.flatnonzero(stories[:, at + 1] != PAD)
        codes = before[going_on] * vocabulary + stories[going_on, at]
        _, first, index = np.unique(codes, return_index=True, return_inverse=True)
        contexts.append(np.stack([going_on[first], np.full(len(first), at)], axis=1))
        before[going_on] = count + index
        parts.append(np.stack([going_on, np.full(len(going_on), at), count + index], axis=1))
        count += len(first)
    tokens = np.concatenate(parts)
    story, place, context = tokens[np.lexsort((tokens[:, 1], tokens[:, 0]))].T
    codes, made = np.unique(context * vocabulary + stories[story, place + 1], return_inverse=True)
    transitions = Transitions(
        vocabulary, np.concatenate(contexts), codes // vocabulary, codes % vocabulary
    )
    cuts = np.cumsum([0, *(len(part) for part in sets)])
    spans = [slice(*np.searchsorted(story, pair)) for pair in itertools.pairwise(cuts)]
    steps = [
        Steps(made[span], story[span] - first) for span, first in zip(spans, cuts[:-1], strict=True)
    ]
    return Prefixes(transitions, steps)
