"""Training runs: resumption to the same result, order of texts, the best model, damaged checkpoints."""

import os
import subprocess
import sys
from pathlib import Path

import equinox as eqx
import jax
import numpy as np
import pytest

from simulations.language.gpt2 import checkpoint, loop
from simulations.language.gpt2.loop import text_losses, train
from simulations.language.gpt2.model import Architecture
from simulations.language.gpt2.training import Recipe

SMALL = Architecture(vocabulary=12, context=8, width=8, depth=1, heads=2)
RECIPE = Recipe(batch=4, dropout=0.1)
TEXTS = np.random.default_rng(0).integers(1, 12, size=(2, 30, 8))
VALIDATION = np.random.default_rng(1).integers(1, 12, size=(5, 8))


@pytest.fixture(scope="module", autouse=True)
def short_segments():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "SEGMENT", 10)
        yield


def run(texts=TEXTS, steps=20, seeds=(0, 1), **options):
    return train(SMALL, texts, VALIDATION, 0, RECIPE, steps, 0, seeds, **options).run


@pytest.fixture(scope="module")
def whole():
    return run()


def arrays(models):
    return jax.tree.leaves(eqx.filter(models, eqx.is_array))


def one_of(models, index):
    return jax.tree.map(lambda leaf: leaf[index], arrays(models))


def test_a_killed_run_goes_on_to_the_same_result(tmp_path, whole):
    path = tmp_path / "state.safetensors"
    told = []

    def killed(steps):
        told.append(steps)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(path=path, progress=killed)
    assert told == [10]
    for _ in range(2):  # the second time there is nothing left to do
        resumed = run(path=path, progress=told.append)
        assert told == [10, 10]
        for a, b in zip(arrays(whole), arrays(resumed), strict=True):
            np.testing.assert_array_equal(a, b)


def test_seeds_do_not_know_of_each_other(whole):
    """The second model again, beside another one."""
    other = run(np.stack([TEXTS[1], TEXTS[0]]), seeds=(1, 7))
    for a, b in zip(one_of(whole, 1), one_of(other, 0), strict=True):
        np.testing.assert_array_equal(a, b)
    # On the same texts as before the other seed is another model.
    assert not np.array_equal(whole.state[0].tokens[0], other.state[0].tokens[1])
    assert not np.array_equal(whole.state[0].tokens[0], whole.state[0].tokens[1])


def test_a_loss_that_is_not_finite_stops_the_run(monkeypatch):
    monkeypatch.setattr(loop, "_segment", lambda state, *others: (state, np.array([1.0, np.nan])))
    with pytest.raises(ArithmeticError, match=r"step 10: .* smaller learning rate"):
        run()


@pytest.mark.parametrize("steps", [0, 5, 15])
def test_steps_are_whole_segments(steps):
    with pytest.raises(ValueError, match=f"steps = {steps}: expected a multiple of 10"):
        run(steps=steps)


def test_every_text_is_seen_as_often_as_the_others():
    order = loop._order(30, np.arange(24), 5, [0, 3])
    assert order.shape == (24, 5)
    rounds = order.reshape(4, 30)  # 120 places: each text once a round
    np.testing.assert_array_equal(np.sort(rounds, axis=1), np.tile(np.arange(30), (4, 1)))
    assert len(np.unique(rounds, axis=0)) == 4
    # Fewer texts than a batch, and rounds that end inside a segment.
    counts = np.bincount(loop._order(3, np.arange(10), 5, [0, 3]).ravel())
    assert counts.max() - counts.min() <= 1
    assert not np.array_equal(order, loop._order(30, np.arange(24), 5, [0, 4]))


@pytest.mark.parametrize("n", [3, 30, 1000])
def test_segments_are_pieces_of_one_order(n):
    whole = loop._order(n, np.arange(40), 4, [5, 1])
    for start in (0, 10, 30):
        piece = loop._order(n, np.arange(start, start + 10), 4, [5, 1])
        np.testing.assert_array_equal(piece, whole[start : start + 10])


def test_the_best_model_has_the_lowest_validation_loss(monkeypatch):
    """Four texts are soon known by heart; the validation texts are others."""
    history = []

    def recorded(*args):
        loss, tokens = text_losses(*args)
        history.append(loss.sum(axis=1) / tokens.sum())
        return loss, tokens

    monkeypatch.setattr(loop, "text_losses", recorded)
    best = run(TEXTS[:, :4], steps=100)
    losses = np.array(history)
    assert losses.shape == (10, 2)
    assert (losses[-1] > losses.min(axis=0) + 0.1).all()
    np.testing.assert_array_equal(best.best_step, 10 * (1 + losses.argmin(axis=0)))
    np.testing.assert_allclose(best.best_loss, losses.min(axis=0), rtol=1e-6)
    again, tokens = text_losses(best.best, VALIDATION, 0)
    np.testing.assert_allclose(again.sum(axis=1) / tokens.sum(), best.best_loss, rtol=1e-5)


def test_losses_of_texts_do_not_depend_on_their_company(whole):
    texts = TEXTS[0].copy()
    texts[3, 5:] = 0
    loss, tokens = text_losses(whole.best, texts, 0, batch=7)
    assert loss.shape == (2, 30)
    assert tokens[3] == 4
    assert tokens[0] == 7
    alone, _ = text_losses(whole.best, texts[3:4], 0, batch=7)
    np.testing.assert_allclose(loss[:, 3:4], alone, rtol=1e-5)


def test_same_losses_whatever_the_devices(whole):
    program = (
        "import jax; from simulations.language.gpt2 import loop; loop.SEGMENT = 10;"
        "from tests.simulations.language.gpt2.test_loop import TEXTS, run;"
        "spread = loop._spread(TEXTS[:, None, :4]).sharding.device_set; best = run();"
        "print(jax.device_count(), len(spread), *best.best_loss, *best.train_loss)"
    )
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=4"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"},
        cwd=Path(__file__).parents[4],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    devices, spread, *losses = done.stdout.split()
    assert (devices, spread) == ("4", "4")
    expected = [*whole.best_loss, *whole.train_loss]
    assert np.array(losses, float) == pytest.approx(np.array(expected), rel=1e-4)


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
