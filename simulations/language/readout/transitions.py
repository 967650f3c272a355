"""Transitions: a context, the last tokens of a story or all so far, and the token that follows it."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from collapse_theory.checks import fail
from simulations.language.corpus.corpus import Rows
from simulations.language.corpus.grammar import PAD


class Transitions(NamedTuple):
    """The transitions that stories of an experiment can make, each once.

    A transition leads from a context, a row of `contexts`, to a token: `context` and `following` say
    from which and to which.  Whatever a readout learns from a set of stories, it learns from how often
    each of them is made.
    """

    vocabulary: int
    contexts: Int[np.ndarray, "contexts _"]  # their tokens, or where in the stories each is found
    context: Int[np.ndarray, " transitions"]
    following: Int[np.ndarray, " transitions"]

    def by_context(self, weights: Float[np.ndarray, " transitions"]) -> Float[np.ndarray, " contexts"]:
        """Weights of transitions, summed over the tokens that follow."""
        return np.bincount(self.context, weights, len(self.contexts))


class Steps(NamedTuple):
    """Tokens of stories, one after another: the transition that each makes, and whose it is."""

    made: Int[np.ndarray, " steps"]
    story: Int[np.ndarray, " steps"]


class Runs(NamedTuple):
    """Tokens that follow each other in stories: of each predicted token, those before it and itself."""

    words: Int[np.ndarray, "steps length"]
    story: Int[np.ndarray, " steps"]


def runs(stories: Rows, order: int) -> Runs:
    """Every token to be predicted, END too, behind the `order` tokens before it (PAD before BEGIN)."""
    padded = np.pad(stories, [(0, 0), (order - 1, 0)], constant_values=PAD)
    windows = np.lib.stride_tricks.sliding_window_view(padded, order + 1, axis=1)
    story, place = np.nonzero(stories[:, 1:] != PAD)
    return Runs(windows[story, place], story)


class Windows(NamedTuple):
    """Transitions from the last few tokens, in the order of their `codes`."""

    codes: Int[np.ndarray, " transitions"]
    transitions: Transitions

    def number(self, words: Int[np.ndarray, "steps length"]) -> Int[np.ndarray, " steps"]:
        """Which transitions these are.  Raises ValueError for one that is not among them."""
        codes = _codes(words, self.transitions.vocabulary)
        at = np.searchsorted(self.codes, codes).clip(max=len(self.codes) - 1)
        if not (self.codes[at] == codes).all():
            raise fail("words", words[self.codes[at] != codes][0], "a transition of these stories")
        return at

    def steps(self, stories: Rows) -> Steps:
        """The transitions of these stories."""
        words = runs(stories, self.transitions.contexts.shape[1])
        return Steps(self.number(words.words), words.story)


def windows(words: list[Int[np.ndarray, "_ length"]], vocabulary: int) -> Windows:
    """The transitions among these words.  Raises ValueError for contexts too long to be numbered."""
    length = words[0].shape[1]
    if vocabulary**length >= 2**63:
        raise fail("order", length - 1, f"shorter contexts of {vocabulary} tokens")
    codes = np.unique(np.concatenate([_codes(part, vocabulary) for part in words]))
    before, context = np.unique(codes // vocabulary, return_inverse=True)
    places = vocabulary ** np.arange(length - 2, -1, -1)
    contexts = before[:, None] // places % vocabulary
    return Windows(codes, Transitions(vocabulary, contexts, context, codes % vocabulary))


def _codes(words: Int[np.ndarray, "steps length"], vocabulary: int) -> Int[np.ndarray, " steps"]:
    """Words as one number, the last of them its lowest digit."""
    codes = np.zeros(len(words), dtype=np.int64)
    for place in range(words.shape[1]):
        codes = codes * vocabulary + words[:, place]
    return codes
