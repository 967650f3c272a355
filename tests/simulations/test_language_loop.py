"""Training runs: resumption to the same result, independence of seeds, and damaged checkpoints."""

import equinox as eqx
import jax
import numpy as np
import pytest

from simulations.language import checkpoint, loop
from simulations.language.loop import text_losses, train
from simulations.language.model import Architecture
from simulations.language.training import Recipe

SMALL = Architecture(vocabulary=12, context=8, width=8, depth=1, heads=2)
RECIPE = Recipe(steps=20, batch=4, learning_rate=1e-2, dropout=0.1)
TEXTS = np.random.default_rng(0).integers(1, 12, size=(2, 30, 8))
KEY = jax.random.key(0)


@pytest.fixture(autouse=True)
def short_segments(monkeypatch):
    monkeypatch.setattr(loop, "SEGMENT", 10)


def arrays(trained):
    return jax.tree.leaves(eqx.filter(trained.models, eqx.is_array))


def test_a_killed_run_goes_on_to_the_same_result(tmp_path):
    path = tmp_path / "state.safetensors"
    told = []
    whole = train(SMALL, TEXTS, 0, RECIPE, KEY, progress=told.append)
    assert told == [10, 10]

    def killed(steps):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(SMALL, TEXTS, 0, RECIPE, KEY, path=path, progress=killed)
    told.clear()
    resumed = train(SMALL, TEXTS, 0, RECIPE, KEY, path=path, progress=told.append)
    assert told == [10]
    for a, b in zip(arrays(whole), arrays(resumed), strict=True):
        np.testing.assert_array_equal(a, b)


def test_seeds_do_not_know_of_each_other():
    both = train(SMALL, TEXTS, 0, RECIPE, KEY)
    first = train(SMALL, TEXTS[:1], 0, RECIPE, KEY)
    for a, b in zip(arrays(both), arrays(first), strict=True):
        np.testing.assert_allclose(a[0], b[0], rtol=2e-3, atol=2e-5)
        assert not np.array_equal(a[0], a[1]) or not a[0].any() or (a[0] == 1).all()


def test_a_loss_that_is_not_finite_stops_the_run(monkeypatch):
    monkeypatch.setattr(loop, "_segment", lambda state, *others: (state, np.array([1.0, np.nan])))
    with pytest.raises(ArithmeticError, match=r"step 10: .* smaller learning rate"):
        train(SMALL, TEXTS, 0, RECIPE, KEY)


@pytest.mark.parametrize("damage", [lambda raw: raw[:40], lambda raw: b"not a checkpoint"])
def test_a_damaged_checkpoint_is_one_sentence(tmp_path, damage):
    path = tmp_path / "state.safetensors"
    checkpoint.save(path, {"a": np.ones(3)}, 4)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match="not a checkpoint"):
        checkpoint.load(path, {"a": np.zeros(3)})


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    path = tmp_path / "state.safetensors"
    checkpoint.save(path, {"a": np.ones(3)}, 4)
    restored, step = checkpoint.load(path, {"a": np.zeros(3)})
    assert step == 4
    np.testing.assert_array_equal(restored["a"], np.ones(3))
    with pytest.raises(ValueError, match="of another model"):
        checkpoint.load(path, {"a": np.zeros(4)})


def test_losses_of_texts_do_not_depend_on_their_company():
    models = train(SMALL, TEXTS, 0, RECIPE, KEY).models
    model = jax.tree.map(lambda leaf: leaf[0] if eqx.is_array(leaf) else leaf, models)
    texts = TEXTS[0].copy()
    texts[3, 5:] = 0
    loss, tokens = text_losses(model, texts, 0, batch=7)
    assert tokens[3] == 4
    assert tokens[0] == 7
    alone, _ = text_losses(model, texts[3:4], 0, batch=1)
    assert loss[3] == pytest.approx(alone[0], rel=1e-5)
