"""Excess losses against the exact entropy, and verified stories."""

import dataclasses

import equinox as eqx
import jax
import numpy as np
import pytest

from simulations.language import experiment
from simulations.language.corpus import grammar_corpus
from simulations.language.experiment import Writing, losses, write_stories
from simulations.language.grammar import PAD
from simulations.language.model import GPT2, Architecture

CORPUS = grammar_corpus()


@pytest.fixture(scope="module")
def model():
    sizes = Architecture(CORPUS.vocabulary, CORPUS.length, width=8, depth=1, heads=1)
    return eqx.filter_jit(GPT2)(sizes, jax.random.key(0))


def test_excess_is_the_loss_above_the_entropy(model):
    tests = CORPUS.real("test", 300, 0)
    found = losses(CORPUS, model, tests)
    tokens = (tests[:, 1:] != PAD).sum()
    assert found.loss == pytest.approx(np.log(CORPUS.vocabulary), rel=0.02)  # it knows nothing yet
    entropy = -CORPUS.log_probability(tests).sum() / tokens
    assert found.loss - found.excess == pytest.approx(entropy, rel=1e-6)
    unknown = losses(dataclasses.replace(CORPUS, log_probability=None), model, tests)
    assert np.isnan(unknown.excess)
    assert unknown.loss == pytest.approx(found.loss)


def test_what_is_no_story_does_not_pass_the_verifier(model):
    rows, share = write_stories(CORPUS, model, Writing(), 40, jax.random.key(0), batch=32)
    assert rows.shape == (40, CORPUS.length)
    assert share == 0
    with pytest.raises(ArithmeticError, match="train the generator longer"):
        write_stories(CORPUS, model, Writing(verified=True), 1, jax.random.key(0), batch=32)
    nameless = dataclasses.replace(CORPUS, log_probability=None)
    with pytest.raises(ValueError, match="verified = True"):
        write_stories(nameless, model, Writing(verified=True), 1, jax.random.key(0))


def test_stories_of_the_grammar_pass_the_verifier(model, monkeypatch):
    stories = CORPUS.real("generator", 64, 0)
    spoilt = stories.copy()
    spoilt[::2, 5] = spoilt[::2, 6]
    monkeypatch.setattr(experiment, "write", lambda *args, **options: spoilt)
    rows, share = write_stories(CORPUS, model, Writing(verified=True), 30, jax.random.key(0), batch=64)
    assert share == 0.5
    np.testing.assert_array_equal(rows, stories[1::2][:30])
