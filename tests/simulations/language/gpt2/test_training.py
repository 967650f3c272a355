"""Training and writing: golden steps, tiny overfits, and the law of sampled tokens."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from simulations.language.gpt2.model import GPT2, Architecture
from simulations.language.gpt2.sampling import choose, write
from simulations.language.gpt2.training import (
    ADAMW,
    Recipe,
    begin,
    learning_rates,
    mean_loss,
    token_losses,
    train_step,
)

SMALL = Architecture(vocabulary=12, context=10, width=16, depth=2, heads=2)
PAD, END = 0, 2
RECIPE, RATE = ADAMW, jnp.float32(1e-2)
STEP, LOSS = eqx.filter_jit(train_step), eqx.filter_jit(mean_loss)
TEXTS = jnp.array([[1, 5, 6, 7, 2, 0, 0, 0], [1, 8, 9, 3, 4, 5, 2, 0], [1, 3, 3, 3, 6, 6, 6, 2]])


@pytest.fixture(scope="module")
def model():
    return eqx.filter_jit(GPT2)(SMALL, jax.random.key(0))


def test_a_model_that_knows_nothing_loses_log_vocabulary(model):
    assert float(LOSS(model, TEXTS, PAD)) == pytest.approx(np.log(12), rel=0.02)


def test_padding_is_not_predicted(model):
    losses = eqx.filter_jit(token_losses)
    loss, there = losses(model, TEXTS, PAD)
    assert there.sum(axis=1).tolist() == [4, 6, 7]
    assert float(abs(loss * (1 - there)).max()) == 0
    assert float(LOSS(model, TEXTS, PAD)) == pytest.approx(float(loss.sum()) / 17, rel=1e-6)
    more, _ = losses(model, jnp.pad(TEXTS, ((0, 0), (0, 2))), PAD)
    np.testing.assert_allclose(more.sum(axis=1), loss.sum(axis=1), rtol=1e-6)


def test_one_step_is_adamw_by_hand(model):
    """Gradient by finite differences, then clipping, Adam's first step and decay, in NumPy."""
    state, key = begin(model, RECIPE), jax.random.key(0)
    first, loss = STEP(state, TEXTS, 0 * RATE, PAD, RECIPE, key)
    np.testing.assert_array_equal(first[0].tokens, model.tokens)
    assert float(loss) == pytest.approx(float(LOSS(model, TEXTS, PAD)), rel=1e-6)
    gradient = eqx.filter_jit(eqx.filter_grad(mean_loss))(model, TEXTS, PAD)
    norm = float(optax.tree.norm(gradient))

    def at(step):
        moved = model.positions.at[1, 2].add(step)
        return float(LOSS(eqx.tree_at(lambda m: m.positions, model, moved), TEXTS, PAD))

    slope = (at(2e-3) - at(-2e-3)) / 4e-3  # in float32: to a few percent
    assert float(gradient.positions[1, 2]) == pytest.approx(slope, rel=0.05)
    second, _ = STEP(first, TEXTS, RATE, PAD, RECIPE, key)
    # Both steps see the same gradient: Adam's averages, corrected, are g and g^2.
    for part, decay in (
        (lambda m: m.positions, 0.1),
        (lambda m: m.blocks.expand.weight, 0.1),
        (lambda m: m.blocks.expand.bias, 0.0),
        (lambda m: m.blocks.norm_1.weight, 0.0),
        (lambda m: m.norm.weight, 0.0),
    ):
        before, g = np.asarray(part(model)), np.asarray(part(gradient)) * min(1, RECIPE.clip / norm)
        expected = before - 1e-2 * (g / (abs(g) + 1e-8) + decay * before)
        np.testing.assert_allclose(part(second[0]), expected, rtol=1e-3, atol=1e-6)


def test_one_step_of_muon_turns_matrices_by_their_gradients_orthogonal_factor(model):
    """The factor by singular values; Newton and Schulz leave 0.68 to 1.14 of each."""
    recipe, key = Recipe(weight_decay=0.0), jax.random.key(0)
    moved, _ = STEP(begin(model, recipe), TEXTS, RATE, PAD, recipe, key)
    gradient = eqx.filter_jit(eqx.filter_grad(mean_loss))(model, TEXTS, PAD)
    weights = [np.asarray(m.blocks.expand.weight[1], float) for m in (model, moved[0], gradient)]
    before, after, slope = weights
    left, size, right = np.linalg.svd(slope, full_matrices=False)
    turned = left.T @ (before - after) @ right.T / (1e-2 * 0.2 * np.sqrt(max(slope.shape)))
    clear = size > 0.05 * np.linalg.norm(size)  # the smaller ones have not grown to 1 after five steps
    assert clear.sum() >= 4
    assert (abs(np.diag(turned)[clear] - 0.91) < 0.24).all()
    assert abs(turned - np.diag(np.diag(turned))).max() < 0.02
    # What is no matrix of a block is Adam's, with Nesterov's momentum.
    size = 1e-2 * (1 + 0.9 * 0.1 / (1 - 0.9**2))
    slope, change = (
        np.asarray(part).ravel() for part in (gradient.positions, model.positions - moved[0].positions)
    )
    np.testing.assert_allclose(change[slope != 0], size * np.sign(slope[slope != 0]), rtol=0.01)


def test_learning_rate_rises_and_falls():
    recipe = RECIPE._replace(learning_rate=3e-3, warmup=0.1)
    rates = learning_rates(recipe, 100)
    np.testing.assert_allclose(rates[:11], 3e-3 * np.arange(11) / 10, rtol=1e-5)
    assert (np.diff(rates[10:]) < 0).all()
    cosine = (1 + np.cos(np.pi * np.arange(90) / 90)) / 2
    np.testing.assert_allclose(rates[10:], 3e-3 * (0.1 + 0.9 * cosine), rtol=1e-4)
    assert learning_rates(recipe, 1).tolist() == [0.0]


def test_overfits_one_batch_and_writes_it_again(model):
    state, key = begin(model, RECIPE), jax.random.key(0)
    for _ in range(150):
        state, loss = STEP(state, TEXTS, RATE, PAD, RECIPE, key)
    # The first token after BEGIN is one of three: that much cannot be learnt.
    assert float(loss) * 17 < 3 * np.log(3) + 0.2
    written = write(state[0], 30, np.array([1]), 8, jax.random.key(0), end=END, pad=PAD, top_p=0.9)
    known = {tuple(text) for text in np.asarray(TEXTS).tolist()}
    assert {tuple(text) for text in written.tolist()} <= known
    assert len({tuple(text) for text in written.tolist()}) > 1


def test_bfloat16_trains_nearly_the_same(model):
    inputs = begin(model, RECIPE), TEXTS, RATE, PAD
    with jax.numpy_dtype_promotion("standard"):  # JAX's own attention mixes bfloat16 and float32
        half, loss = STEP(*inputs, RECIPE._replace(dtype="bfloat16"), jax.random.key(0))
    whole, exact = STEP(*inputs, RECIPE, jax.random.key(0))
    assert float(loss) == pytest.approx(float(exact), rel=0.02)
    assert {leaf.dtype for leaf in jax.tree.leaves(half[0]) if eqx.is_array(leaf)} == {
        jnp.dtype("float32")
    }
    moved = [np.asarray(state[0].tokens - model.tokens) for state in (half, whole)]
    assert np.corrcoef(*(change.ravel() for change in moved))[0, 1] > 0.9


def test_writing_does_not_depend_on_the_batch(model):
    options = {"end": END, "pad": PAD}
    one = write(model, 7, np.array([1, 4]), 10, jax.random.key(3), batch=7, **options)
    two = write(model, 7, np.array([1, 4]), 10, jax.random.key(3), batch=3, **options)
    np.testing.assert_array_equal(one, two)
    assert (one[:, :2] == [1, 4]).all()
    for text in one:
        if END in text[2:]:
            stop = 2 + list(text[2:]).index(END)
            assert (text[stop + 1 :] == PAD).all()


@pytest.mark.parametrize(("temperature", "top_p"), [(1.0, 1.0), (0.5, 1.0), (1.0, 0.6), (2.0, 0.8)])
def test_tokens_have_the_tempered_truncated_law(temperature, top_p):
    """Frequencies of 20,000 draws within 4 standard errors of the law worked out by hand."""
    logits = np.log([0.5, 0.2, 0.15, 0.1, 0.05])
    law = np.exp(logits / temperature)
    law /= law.sum()
    kept = 1 + np.searchsorted(np.cumsum(law), top_p * (1 - 1e-6))
    law[kept:] = 0
    law /= law.sum()
    keys = jax.random.split(jax.random.key(0), 20000)
    drawn = jax.vmap(lambda key: choose(jnp.array(logits), temperature, top_p, key))(keys)
    frequencies = np.bincount(drawn, minlength=5) / 20000
    assert (abs(frequencies - law) <= 4 * np.sqrt(law * (1 - law) / 20000) + 1e-12).all()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"temperature": 0.0}, "temperature = 0"),
        ({"top_p": 1.5}, "top_p = 1.5"),
        ({"length": 11}, "length = 11"),
    ],
)
def test_bad_options_are_named(model, options, says):
    arguments = {"length": 8, "end": END, "pad": PAD} | options
    with pytest.raises(ValueError, match=says):
        write(model, 1, np.array([1]), arguments.pop("length"), jax.random.key(0), **arguments)
