"""Excess losses against the exact entropy, stories that pass the verifier, and mixes."""

import dataclasses

import equinox as eqx
import jax
import numpy as np
import pytest

from simulations.language import experiment
from simulations.language.corpus.corpus import grammar_corpus
from simulations.language.corpus.grammar import PAD
from simulations.language.experiment import (
    endless_collapse,
    log_ratios,
    losses,
    mixed,
    one_of,
    write_stories,
)
from simulations.language.gpt2.model import GPT2, Architecture
from simulations.language.plan import Generator
from simulations.mix import is_synthetic

CORPUS = grammar_corpus()
UNKNOWN = dataclasses.replace(CORPUS, log_probability=None)
RAW, VERIFIED = Generator(1), Generator(1, verified=True)


@pytest.fixture(scope="module", autouse=True)
def small_batches():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "BATCH", 8)
        yield


@pytest.fixture(scope="module")
def models():
    """Two of them."""
    sizes = Architecture(CORPUS.vocabulary, CORPUS.length, width=8, depth=1, heads=1)
    make = eqx.filter_jit(eqx.filter_vmap(lambda key: GPT2(sizes, key)))
    return make(jax.random.split(jax.random.key(0), 2))


def test_excess_is_the_loss_above_the_entropy(models):
    tests = CORPUS.real("test", 60, 0)
    known = losses(CORPUS, models, tests)
    tokens = (tests[:, 1:] != PAD).sum()
    assert known.loss == pytest.approx(np.log(CORPUS.vocabulary), rel=0.02)  # they know nothing yet
    assert known.loss[0] != known.loss[1]
    entropy = -CORPUS.log_probability(tests).sum() / tokens
    assert known.loss - known.excess == pytest.approx(np.full(2, entropy), rel=1e-6)
    unknown = losses(UNKNOWN, models, tests)
    assert np.isnan(unknown.excess).all()
    assert unknown.loss == pytest.approx(known.loss)


def test_what_is_no_story_does_not_pass_the_verifier(models):
    model, key = one_of(models, 0), jax.random.key(0)
    rows, share = write_stories(CORPUS, model, RAW, 12, key)
    assert rows.shape == (12, CORPUS.length)
    assert share == 0
    fewer, _ = write_stories(CORPUS, model, RAW, 3, key)
    np.testing.assert_array_equal(fewer, rows[:3])
    assert np.isnan(write_stories(UNKNOWN, model, RAW, 3, key)[1])
    with pytest.raises(ArithmeticError, match="train the generator longer"):
        write_stories(CORPUS, model, VERIFIED, 1, key)
    with pytest.raises(ValueError, match="verified = True"):
        write_stories(UNKNOWN, model, VERIFIED, 1, key)


def test_stories_of_the_grammar_pass_the_verifier(models, monkeypatch):
    stories = CORPUS.real("generator", 32, 0)
    spoilt = stories.copy()
    spoilt[::2, 5] = spoilt[::2, 6]
    monkeypatch.setattr(experiment, "write", lambda *args, **options: spoilt)
    rows, share = write_stories(CORPUS, one_of(models, 0), VERIFIED, 20, jax.random.key(0))
    assert share == 0.5
    np.testing.assert_array_equal(rows, np.concatenate([stories[1::2], stories[1::2]])[:20])


@pytest.mark.parametrize("fraction", [0.0, 0.3, 1.0])
def test_a_mix_is_the_real_stories_but_for_its_share(fraction):
    real = np.arange(2 * 10 * 3).reshape(2, 10, 3)
    before, synthetic = real.copy(), -1 - np.arange(2 * 12 * 3).reshape(2, 12, 3)
    mix, replaced = mixed(real, synthetic, fraction), is_synthetic(fraction, 10)
    np.testing.assert_array_equal(real, before)
    np.testing.assert_array_equal(mix[:, ~replaced], real[:, ~replaced])
    np.testing.assert_array_equal(mix[:, replaced], synthetic[:, : round(10 * fraction)])
    # Fewer stories are the first of more.
    np.testing.assert_array_equal(mixed(real[:, :6], synthetic, fraction), mix[:, :6])


def test_endless_stories_of_two_laws():
    """KL(P | (1 - p) P + p Q) of laws on three stories, from test stories in the proportions of P."""
    P, Q, p = np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.8, 0.1]), 0.3
    drawn = np.repeat([0, 1, 2], [5, 3, 2])
    collapse = endless_collapse(np.log(Q / P)[drawn][None], p, tokens=20)
    assert collapse[0] == pytest.approx((P * np.log(P / ((1 - p) * P + p * Q))).sum() * 10 / 20)
    # Q is P; Q never tells a real story; nothing but Q.
    assert endless_collapse(np.zeros((1, 4)), p, 4)[0] == pytest.approx(0)
    assert endless_collapse(np.full((1, 4), -np.inf), p, 4)[0] == pytest.approx(-np.log(1 - p))
    assert endless_collapse(np.full((1, 4), -2.5), 1.0, 4)[0] == pytest.approx(2.5)


def test_ratios_of_laws(models):
    tests, share = CORPUS.real("test", 40, 0), np.array([0.25, 0.5])
    tokens = (tests[:, 1:] != PAD).sum()
    raw = log_ratios(CORPUS, models, RAW, share, tests)
    assert -raw.sum(axis=1) / tokens == pytest.approx(losses(CORPUS, models, tests).excess, rel=1e-5)
    verified = log_ratios(CORPUS, models, VERIFIED, share, tests)
    np.testing.assert_allclose(verified[0] - raw[0], np.log(4), rtol=1e-6)
    assert np.isnan(log_ratios(CORPUS, models, Generator(1, temperature=0.5), share, tests)).all()
