"""Sums over transitions are sums over tokens: readouts, populations and losses are the direct ones."""

import numpy as np
import pytest

from simulations.language.corpus.grammar import PAD
from simulations.language.readout.features import relu_features
from simulations.language.readout.held_out import held_out, story_losses, token_mean
from simulations.language.readout.origin import PIECE, counts_at, single_tokens
from simulations.language.readout.statistics import ridge_readout, squared_norm, statistics
from simulations.language.readout.transitions import runs, windows
from tests.simulations.language.readout.made import (
    FEATURES,
    KNOWN,
    ORIGINS,
    POPULATIONS,
    REAL,
    RIDGE,
    VOCABULARY,
    WIDTH,
    WINDOWS,
    rows_of,
)


def test_readouts_are_those_of_the_rows():
    z, y, _ = rows_of(REAL)
    counts = np.bincount(WINDOWS.steps(REAL).made, minlength=len(KNOWN.context)).astype(float)
    readout = ridge_readout(statistics(KNOWN, FEATURES, counts), RIDGE)
    rows = np.vstack([z, np.sqrt(len(z) * RIDGE) * np.eye(WIDTH)])
    direct = np.linalg.lstsq(rows, np.vstack([y, np.zeros((WIDTH, VOCABULARY))]), rcond=None)[0]
    np.testing.assert_allclose(readout, direct, rtol=1e-10, atol=1e-12)


def test_the_population_is_that_of_all_rows():
    z, y, _ = rows_of(REAL)
    real = POPULATIONS[0]
    np.testing.assert_allclose(real.covariance, z.T @ z / len(z), rtol=1e-12)
    np.testing.assert_allclose(real.readout, np.linalg.lstsq(z, y, rcond=None)[0], rtol=1e-9, atol=1e-12)
    assert real.noise == pytest.approx(np.sum((y - z @ real.readout) ** 2) / len(z), rel=1e-12)
    some = np.random.default_rng(0).normal(size=real.readout.shape)
    assert squared_norm(some, real.covariance) == pytest.approx(np.sum((z @ some) ** 2) / len(z))


def test_losses_are_those_of_the_stories():
    z, y, story = rows_of(REAL)
    readout = np.random.default_rng(1).normal(size=(WIDTH, VOCABULARY))
    held = held_out(KNOWN, WINDOWS.steps(REAL))
    direct = np.bincount(story, np.sum((y - z @ readout) ** 2, axis=1))
    sums = story_losses(held, FEATURES, readout)
    np.testing.assert_allclose(sums, direct, rtol=1e-12)
    mean = token_mean(held, sums)
    assert mean.value == pytest.approx(direct.sum() / len(z), rel=1e-12)
    lengths = np.bincount(story)
    rng = np.random.default_rng(2)
    again = rng.integers(len(lengths), size=(4000, len(lengths)))
    bootstrap = direct[again].sum(axis=1) / lengths[again].sum(axis=1)
    # The bootstrap's own error is 1%, and what it and the formula neglect is of order 1 / stories.
    assert mean.stderr == pytest.approx(bootstrap.std(), rel=0.04 + 2 / len(lengths))


def test_runs_are_contexts_and_what_follows():
    rows = np.array([[1, 5, 6, 2, PAD], [1, 7, 2, PAD, PAD]])
    words, story = runs(rows, 2)
    assert words.tolist() == [[0, 1, 5], [1, 5, 6], [5, 6, 2], [0, 1, 7], [1, 7, 2]]
    assert story.tolist() == [0, 0, 0, 1, 1]
    numbered = windows([words], 8)
    known = numbered.transitions
    assert known.contexts[known.context].tolist() == [[0, 1], [0, 1], [1, 5], [1, 7], [5, 6]]
    assert known.following.tolist() == [5, 7, 6, 2, 2]
    assert numbered.number(words[[0, 0, 2]]).tolist() == [0, 0, 4]
    assert numbered.steps(rows) == (pytest.approx([0, 2, 4, 1, 3]), pytest.approx(story))
    with pytest.raises(ValueError, match=r"words = \[7 1 1\]: expected a transition"):
        numbered.number(np.array([[7, 1, 1]]))
    with pytest.raises(ValueError, match="order = 8: expected shorter contexts"):
        windows([np.ones((1, 9), int)], 1000)


def test_draws_of_more_stories_begin_with_those_of_fewer():
    keys, sizes = [3, 0], [5, PIECE - 1, PIECE + 3]
    for origin in (ORIGINS[0], single_tokens(ORIGINS[0])):
        together = counts_at(origin, sizes, keys)
        for n in sizes:
            assert (together[n] == counts_at(origin, [n], keys)[n]).all()
        assert (together[PIECE + 3] - together[PIECE - 1]).min() >= 0
        assert together[5].sum() < together[PIECE - 1].sum()
    whole = together[PIECE + 3]
    assert whole.sum() == pytest.approx(origin.length * (PIECE + 3), abs=2)
    expected = origin.law * whole.sum()
    z = (whole - expected)[expected > 10] / np.sqrt(expected[expected > 10])
    assert abs(z).max() < 4.5


def test_features_depend_on_their_key_and_context_alone():
    contexts = np.array([[1, 4], [4, 1], [2, 2]])
    z = relu_features(contexts, 400, 9, key=5)
    np.testing.assert_allclose(z[1:, :30], relu_features(contexts[1:], 30, 9, key=5), rtol=1e-10)
    assert (z != relu_features(contexts, 400, 9, key=6)).any()
    assert z.min() == 0
    # Half of the square of a normal number, of variance 1 but for the embedding's 128 entries.
    assert np.mean(z**2) == pytest.approx(0.5, abs=4 * (0.5 / np.sqrt(128) + 0.56 / np.sqrt(400)))
