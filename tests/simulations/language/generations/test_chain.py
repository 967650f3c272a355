"""What the rounds of each kind of chain learn from, and the linear theory beside them."""

import numpy as np
import pytest

from simulations.language.corpus.corpus import grammar_corpus
from simulations.language.generations.chain import Chain
from simulations.language.generations.texts import training_texts
from simulations.language.generations.theory import linear_growth
from simulations.mix import is_synthetic

CORPUS, N, SEEDS = grammar_corpus(), 6, 2
REAL = np.stack([CORPUS.real("train", 3 * N, seed) for seed in range(SEEDS)])
FIRST, SECOND = (np.full((SEEDS, N, CORPUS.length), token, np.int32) for token in (7, 8))


@pytest.mark.parametrize("kind", ["replace", "mix", "accumulate"])
def test_round_0_learns_from_real_stories(kind):
    np.testing.assert_array_equal(training_texts(Chain(kind), CORPUS, [], N, SEEDS), REAL[:, :N])


def test_later_rounds_replace_mix_or_accumulate():
    replaced, mixed, accumulated = (
        training_texts(Chain(kind), CORPUS, [FIRST, SECOND], N, SEEDS)
        for kind in ("replace", "mix", "accumulate")
    )
    np.testing.assert_array_equal(replaced, SECOND)
    np.testing.assert_array_equal(accumulated, np.concatenate([REAL[:, :N], FIRST, SECOND], axis=1))
    written = is_synthetic(0.5, N)
    assert written.sum() == N / 2
    np.testing.assert_array_equal(mixed[:, written], SECOND[:, written])
    # Its real stories are those of no round before.
    np.testing.assert_array_equal(mixed[:, ~written], REAL[:, 2 * N :][:, ~written])


def test_linear_growth_is_that_of_least_squares():
    """By the exact moments of ordinary least squares, d / (n - d - 1), at any n and d."""
    grown = linear_growth("accumulate", 3)
    samples = 10.0 * np.arange(1, 5)
    np.testing.assert_allclose(grown, np.cumsum(1 / (samples / 10 * (samples - 1))) * 9, rtol=1e-9)
    np.testing.assert_allclose(linear_growth("replace", 3), [1, 2, 3, 4], rtol=1e-9)
