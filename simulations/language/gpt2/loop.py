"""Training runs: models of several seeds side by side, in compiled segments that are saved."""

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from simulations.language.gpt2 import checkpoint
from simulations.language.gpt2.model import GPT2, Architecture
from simulations.language.gpt2.training import (
    Recipe,
    State,
    begin,
    learning_rates,
    token_losses,
    train_step,
)

SEGMENT = 50  # steps between two looks at the validation loss; runs are whole numbers of them


class Run(NamedTuple):
    """What a training run knows, everything with an axis (seeds,) in front."""

    state: State
    best: GPT2  # the model with the lowest loss on the validation texts so far
    best_loss: Float[Array, " seeds"]
    best_step: Int[Array, " seeds"]
    train_loss: Float[Array, " seeds"]  # over the last segment


class Trained(NamedTuple):
    """A finished run, and the tokens per second of all its models together."""

    run: Run
    tokens_per_second: float


def train(
    architecture: Architecture,
    texts: Int[np.ndarray, "seeds n T"],
    validation: Int[np.ndarray, "count T"],
    pad: int,
    recipe: Recipe,
    steps: int,
    key: int,
    seeds: Sequence[int],
    *,
    path: Path | None = None,
    progress: Callable[[int], object] = lambda steps: None,
) -> Trained:
    """Train a model for each seed on its own texts, each as often as the others.

    Initial weights, order of the texts and dropout depend on `key` and the seed alone.  With several
    devices every batch is spread over them.  With `path` the run is saved there after every segment,
    and one that was killed goes on from there to the same result.  Raises ValueError if `steps` is no
    multiple of `SEGMENT`, and ArithmeticError when a loss is not finite.
    """
    if steps < SEGMENT or steps % SEGMENT:
        raise ValueError(f"steps = {steps}: expected a multiple of {SEGMENT}")
    keys = jnp.stack([jax.random.fold_in(jax.random.key(key), seed) for seed in seeds])
    run, done = _first(architecture, recipe, keys), 0
    if path is not None:
        run, done = checkpoint.load(path, run)
    # Where segments leave it: else the second one compiles again.
    run, keys = jax.device_put((run, keys), _over(recipe.batch))
    rates, speeds = jnp.asarray(learning_rates(recipe, steps)), []
    for start in range(done, steps, SEGMENT):
        index = np.arange(start, start + SEGMENT)
        orders = [_order(texts.shape[1], index, recipe.batch, [key, seed]) for seed in seeds]
        batches = np.stack([stories[order] for stories, order in zip(texts, orders, strict=True)])
        started = time.perf_counter()
        state, losses = _segment(
            run.state, _spread(batches), keys, jnp.asarray(index), rates[index], pad, recipe
        )
        losses = np.asarray(losses)
        speeds.append(batches[..., 1:].size / (time.perf_counter() - started))
        if not np.isfinite(losses).all():
            raise ArithmeticError(
                f"step {start + SEGMENT}: the loss is {losses}; use a smaller learning rate"
            )
        loss, tokens = text_losses(state[0], validation, pad)
        validation_loss = jnp.asarray(loss.sum(axis=1) / tokens.sum(), jnp.float32)
        run = _keep_best(run, state, validation_loss, jnp.int32(start + SEGMENT), jnp.asarray(losses))
        if path is not None:
            checkpoint.save(path, run, start + SEGMENT)
        progress(SEGMENT)
    # The first segment compiles.
    return Trained(run, float(np.median(speeds[1:] or speeds or [np.nan])))


def text_losses(
    models: GPT2, texts: Int[np.ndarray, "n T"], pad: int, batch: int = 250
) -> tuple[Float[np.ndarray, "seeds n"], Float[np.ndarray, " n"]]:
    """-log q(text) of every text in nats for every model, and its number of predicted tokens."""
    missing = -len(texts) % batch
    padded = np.concatenate([texts, np.repeat(texts[-1:], missing, axis=0)])
    batches = jnp.asarray(padded.reshape(-1, batch, texts.shape[1]))
    loss = np.asarray(_text_losses(models, batches, pad)).astype(float)
    loss = loss.reshape(len(loss), len(padded))
    return loss[:, : len(texts)], (texts[:, 1:] != pad).sum(axis=1).astype(float)


@eqx.filter_jit
def _text_losses(models: GPT2, batches: Int[Array, "batches batch T"], pad: int) -> Array:
    def one(model: GPT2) -> Array:
        return jax.lax.map(lambda rows: token_losses(model, rows, pad)[0].sum(axis=1), batches)

    return eqx.filter_vmap(one)(models)


@eqx.filter_jit
def _first(architecture: Architecture, recipe: Recipe, keys: Key[Array, " seeds"]) -> Run:
    def one(key: Key[Array, ""]) -> Run:
        state = begin(GPT2(architecture, jax.random.fold_in(key, 0)), recipe)
        return Run(state, state[0], jnp.float32(jnp.inf), jnp.int32(0), jnp.float32(jnp.nan))

    return eqx.filter_vmap(one)(keys)


@eqx.filter_jit
def _segment(
    state: Any, batches: Array, keys: Array, index: Array, rates: Array, pad: int, recipe: Recipe
) -> Any:
    """The steps `index` of every seed, and the mean loss over them."""
    arrays, rest = eqx.partition(state, eqx.is_array)

    def one(arrays: Any, batches: Array, key: Array) -> tuple[Any, Array]:
        def step(arrays: Any, inputs: Any) -> tuple[Any, Array]:
            batch, at, rate = inputs
            dropout_key = jax.random.fold_in(key, 1 + at)
            moved, loss = train_step(eqx.combine(arrays, rest), batch, rate, pad, recipe, dropout_key)
            return eqx.filter(moved, eqx.is_array), loss

        arrays, losses = jax.lax.scan(step, arrays, (batches, index, rates))
        return arrays, losses.mean()

    side_by_side = 1 if jax.default_backend() == "cpu" else len(keys)  # two cores are busy with one
    arrays, losses = jax.lax.map(lambda of: one(*of), (arrays, batches, keys), batch_size=side_by_side)
    return eqx.combine(arrays, rest), losses


@eqx.filter_jit
def _keep_best(run: Run, state: State, validation_loss: Array, step: Array, losses: Array) -> Run:
    better = validation_loss < run.best_loss

    def chosen(new: Any, old: Any) -> Any:
        if not eqx.is_array(new):
            return new
        return jnp.where(better.reshape(-1, *[1] * (new.ndim - 1)), new, old)

    return Run(
        state,
        jax.tree.map(chosen, state[0], run.best),
        jnp.where(better, validation_loss, run.best_loss),
        jnp.where(better, step, run.best_step),
        losses,
    )


def _order(n: int, steps: np.ndarray, batch: int, seed: list[int]) -> Int[np.ndarray, "steps batch"]:
    """Which texts each step sees: all of them in a random order, then again in another."""
    places = steps[0] * batch + np.arange(len(steps) * batch)
    first, last = places[0] // n, places[-1] // n
    rounds = [np.random.default_rng([*seed, r]).permutation(n) for r in range(first, last + 1)]
    return np.concatenate(rounds)[places - first * n].reshape(len(steps), batch)


def _spread(batches: Int[np.ndarray, "seeds steps batch T"]) -> Array:
    """The batches with their texts spread over the local devices, as many as divide them."""
    return jax.device_put(batches, _over(batches.shape[2], None, None, "texts"))


def _over(batch: int, *spec: str | None) -> jax.sharding.NamedSharding:
    """As many of the local devices as divide a batch."""
    devices = jax.local_devices()
    mesh = jax.sharding.Mesh(devices[: math.gcd(len(devices), batch)], ("texts",))
    return jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec(*spec))
