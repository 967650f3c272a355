"""Hidden states of a frozen GPT-2: those of the model at the prefixes, from stories of nobody else."""

import jax
import numpy as np
import pytest

from simulations.language.corpus.corpus import grammar_corpus
from simulations.language.experiment import architecture
from simulations.language.gpt2.model import GPT2
from simulations.language.gpt2.training import Recipe
from simulations.language.plan import Shape
from simulations.language.readout import reader
from simulations.language.readout.features import state_features
from simulations.language.readout.prefixes import prefixes
from simulations.language.readout.reader import Reader, context_states, trained_reader

CORPUS = grammar_corpus()
MODEL = GPT2(architecture(CORPUS, Shape(8, 1)), jax.random.key(0))


def test_states_are_those_at_the_prefixes(monkeypatch):
    monkeypatch.setattr(reader, "BATCH", 4)
    stories = CORPUS.real("train", 6, 0)
    transitions, steps = prefixes([stories[:2], stories[2:]], CORPUS.vocabulary)
    states = context_states(MODEL, stories, transitions)
    logits = np.asarray(MODEL(stories[5, :-1]))
    last = steps[1].made[steps[1].story == 3]
    own = states[transitions.context[last]] @ np.asarray(MODEL.tokens).T
    np.testing.assert_allclose(own, logits[: len(last)], atol=1e-5)


def test_features_of_states():
    states = np.random.default_rng(0).normal(size=(300, 16))
    assert state_features(states, 16, key=1) is states
    z = state_features(states, 400, key=1)
    np.testing.assert_array_equal(z[:, :20], state_features(states, 20, key=1))
    # Half of the square of a normal number of variance |x|^2 / d.
    expected = np.mean(states**2) / 2
    assert np.mean(z**2) == pytest.approx(expected, rel=4 * np.sqrt(5 / 400))
    assert z.min() == 0


def test_the_reader_has_stories_of_its_own(monkeypatch):
    texts = []

    def train(architecture, stories, *more, **named):
        texts.append(stories)
        raise StopIteration

    monkeypatch.setattr(reader, "train", train)
    with pytest.raises(StopIteration):
        trained_reader(CORPUS, Reader(40, 50, 8, 1), Recipe(), 30, 0)
    generator = CORPUS.real("generator", 70, 0)
    np.testing.assert_array_equal(texts[0][0], generator[30:])  # the author learns from the first 30
