"""GPT-2: its size, what it can see, and its cached form."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from simulations.language.gpt2.model import (
    GPT2,
    Architecture,
    empty_cache,
    next_logits,
)

SMALL = Architecture(vocabulary=11, context=9, width=8, depth=3, heads=2)


@pytest.fixture(scope="module")
def model():
    """A model whose weights are all of order one: nothing hides behind a small initialisation."""
    arrays, rest = eqx.partition(eqx.filter_jit(GPT2)(SMALL, jax.random.key(0)), eqx.is_array)
    leaves, structure = jax.tree.flatten(arrays)
    keys = jax.random.split(jax.random.key(1), len(leaves))
    moved = [
        leaf + 0.5 * jax.random.normal(key, leaf.shape, leaf.dtype)
        for leaf, key in zip(leaves, keys, strict=True)
    ]
    return eqx.combine(jax.tree.unflatten(structure, moved), rest)


TEXT = jnp.array([3, 1, 4, 1, 5, 9, 2, 6])


def test_gpt2_small_has_the_published_number_of_parameters():
    small = Architecture(50257, 1024, 768, 12, 12)
    model = eqx.filter_eval_shape(GPT2, small, jax.random.key(0))
    sizes = [leaf.size for leaf in jax.tree.leaves(model) if isinstance(leaf, jax.ShapeDtypeStruct)]
    assert sum(sizes) == small.parameters == 124_439_808


def test_logits_are_those_of_plain_numpy(model):
    """The same network written out, one head at a time."""

    def norm(x, layer):
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
        return x * np.asarray(layer.weight) + np.asarray(layer.bias)

    def linear(x, layer):
        return x @ np.asarray(layer.weight).T + np.asarray(layer.bias)

    x = np.asarray(model.tokens)[TEXT] + np.asarray(model.positions)[: len(TEXT)]
    for i in range(SMALL.depth):
        block = jax.tree.map(lambda leaf, i=i: leaf[i] if eqx.is_array(leaf) else leaf, model.blocks)
        q, k, v = np.split(linear(norm(x, block.norm_1), block.attend), 3, axis=1)
        heads = []
        for h in range(SMALL.heads):
            part = slice(4 * h, 4 * h + 4)
            scores = q[:, part] @ k[:, part].T / np.sqrt(4)
            scores = np.where(np.tri(len(TEXT)) > 0, scores, -np.inf)
            weights = np.exp(scores - scores.max(axis=1, keepdims=True))
            heads.append(weights / weights.sum(axis=1, keepdims=True) @ v[:, part])
        x = x + linear(np.concatenate(heads, axis=1), block.project)
        hidden = linear(norm(x, block.norm_2), block.expand)
        gelu = hidden / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (hidden + 0.044715 * hidden**3)))
        x = x + linear(gelu, block.contract)
    expected = norm(x, model.norm) @ np.asarray(model.tokens).T
    np.testing.assert_allclose(model(TEXT), expected, rtol=1e-4, atol=1e-4)


def test_the_future_is_hidden(model):
    changed = TEXT.at[5].set(0)
    before, after = model(TEXT), model(changed)
    np.testing.assert_array_equal(before[:5], after[:5])
    assert (abs(before - after)[5:].max(axis=1) > 1e-3).all()


def test_the_cache_changes_nothing(model):
    cache, logits_after = empty_cache(model), eqx.filter_jit(next_logits)
    for position, token in enumerate(TEXT):
        logits, cache = logits_after(model, cache, token, jnp.array(position))
        np.testing.assert_allclose(logits, model(TEXT)[position], rtol=1e-4, atol=1e-4)


def test_dropout_is_off_without_a_key_and_random_with_one(model):
    np.testing.assert_array_equal(model(TEXT, 0.5), model(TEXT))
    one, other = (model(TEXT, 0.5, jax.random.key(k)) for k in (0, 1))
    assert abs(one - other).max() > 1e-3


def test_initial_weights_are_gpt2s():
    model = eqx.filter_jit(GPT2)(Architecture(100, 50, 64, 8, 4), jax.random.key(0))
    assert model.tokens.std() == pytest.approx(0.02, rel=0.05)
    assert model.blocks.expand.weight.std() == pytest.approx(0.02, rel=0.02)
    assert model.blocks.contract.weight.std() == pytest.approx(0.02 / 4, rel=0.02)
    assert not model.blocks.attend.bias.any()
    assert {leaf.dtype for leaf in jax.tree.leaves(eqx.filter(model, eqx.is_array))} == {
        jnp.dtype("float32")
    }


def test_heads_must_divide_the_width():
    with pytest.raises(ValueError, match="heads = 3: expected a divisor of 8"):
        GPT2(SMALL._replace(heads=3), jax.random.key(0))
