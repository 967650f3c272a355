"""The law of successive words is that of all stories of a grammar, and of a sample of the other."""

from collections import defaultdict

import numpy as np
import pytest

from simulations.language.corpus.grammar import END, PAD
from simulations.language.corpus.stories import story_grammar
from simulations.language.corpus.successive import successive_words
from simulations.language.readout.transitions import runs, windows
from tests.simulations.language.corpus.test_grammar import TOY, TOY_STORIES, encode


@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_all_stories_of_a_small_grammar(length):
    expected = defaultdict(float)
    for text, probability in TOY_STORIES.items():
        tokens = [PAD] * (length - 2) + [token for token in encode(TOY, text) if token != PAD]
        first = max(len([PAD] * (length - 2)) + 2 - length, 1 if length == 1 else 0)
        for start in range(first, len(tokens) - length + 1):
            expected[tuple(int(token) for token in tokens[start : start + length])] += probability
    law = successive_words(TOY, length)
    assert dict(zip(map(tuple, law.words.tolist()), law.expected, strict=True)) == pytest.approx(
        expected, rel=1e-13
    )


def test_a_sample_of_the_stories():
    """All 17,000 contexts have a law of what follows; a sample has the frequencies that they say."""
    grammar, count = story_grammar(), 20_000
    law = successive_words(grammar, 3)
    words = runs(grammar.sample(np.random.default_rng(7), count), 2)
    known = windows([law.words], len(grammar.words))
    # Raises for what the law says cannot be.
    made = np.bincount(known.number(words.words), minlength=len(known.codes))
    expected = np.zeros(len(known.codes))
    expected[known.number(law.words)] = law.expected * count
    lengths = np.bincount(words.story)
    assert lengths.mean() == pytest.approx(law.expected.sum(), abs=4 * lengths.std() / np.sqrt(count))
    # A story makes most transitions at most once: counts are binomial.
    often = expected > 50
    z = (made - expected)[often] / np.sqrt(expected[often])
    assert often.sum() > 3000
    assert abs(z).max() < 6
    assert z.std() == pytest.approx(1, abs=0.05)
    ends = known.transitions.following == END
    assert expected[ends].sum() == pytest.approx(count, rel=1e-12)  # every story ends once


def test_bad_lengths_are_one_sentence():
    with pytest.raises(ValueError, match="length = 5: expected between 1 and 4 words"):
        successive_words(TOY, 5)
