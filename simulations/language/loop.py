"""Training runs: models of several seeds side by side, in compiled segments that are saved."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from simulations.language import checkpoint
from simulations.language.model import GPT2, Architecture
from simulations.language.training import Recipe, State, begin, token_losses, train_step

SEGMENT = 50  # steps between two looks at the loss


class Trained(NamedTuple):
    """Models stacked over seeds, their mean loss in the last segment, and tokens per second."""

    models: GPT2
    train_loss: Float[np.ndarray, " seeds"]
    tokens_per_second: float


def train(
    architecture: Architecture,
    texts: Int[np.ndarray, "seeds n T"],
    pad: int,
    recipe: Recipe,
    key: Key[Array, ""],
    *,
    path: Path | None = None,
    progress: Callable[[int], object] = lambda steps: None,
) -> Trained:
    """Train a model for each seed on its own texts, drawn with replacement.

    With `path` the state is saved there after every segment, and a run that was killed goes on from
    it to the same result.  Raises ArithmeticError when a loss is not finite.
    """
    seeds, _, T = texts.shape
    keys = jax.vmap(lambda seed: jax.random.fold_in(key, seed))(jnp.arange(seeds))

    def first(key: Key[Array, ""]) -> State:
        return begin(GPT2(architecture, jax.random.fold_in(key, 0)), recipe)

    state = eqx.filter_jit(eqx.filter_vmap(first))(keys)
    state, done = (state, 0) if path is None else checkpoint.load(path, state)
    data = jnp.asarray(texts)
    losses, rates = np.full(seeds, np.nan), []
    for start in range(done, recipe.steps, SEGMENT):
        stop = min(start + SEGMENT, recipe.steps)
        started = time.perf_counter()
        state, found = _segment(state, data, keys, jnp.arange(start, stop), pad, recipe)
        losses = np.asarray(found)
        rates.append((stop - start) * recipe.batch * (T - 1) * seeds / (time.perf_counter() - started))
        if not np.isfinite(losses).all():
            raise ArithmeticError(f"step {stop}: the loss is {losses}; use a smaller learning rate")
        if path is not None:
            checkpoint.save(path, state, stop)
        progress(stop - start)
    rate = float(np.median(rates[1:] or rates or [np.nan]))  # the first segment compiles
    return Trained(state[0], losses, rate)


def text_losses(
    model: GPT2, texts: Int[np.ndarray, "n T"], pad: int, batch: int = 250
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """-log q(text) of every text in nats, and its number of predicted tokens."""
    missing = -len(texts) % batch
    padded = np.concatenate([texts, np.repeat(texts[-1:], missing, axis=0)])
    parts = _batches(model, jnp.asarray(padded.reshape(-1, batch, texts.shape[1])), pad)
    loss, there = (np.asarray(part, dtype=float).reshape(len(padded), -1).sum(axis=1) for part in parts)
    return loss[: len(texts)], there[: len(texts)]


@eqx.filter_jit
def _batches(model: GPT2, batches: Int[Array, "batches batch T"], pad: int) -> Any:
    return jax.lax.map(lambda rows: token_losses(model, rows, pad), batches)


@eqx.filter_jit
def _segment(state: Any, texts: Array, keys: Array, index: Array, pad: int, recipe: Recipe) -> Any:
    """The steps `index` of every seed, and the mean loss over them."""
    arrays, rest = eqx.partition(state, eqx.is_array)

    def one(arrays: Any, texts: Array, key: Array) -> tuple[Any, Array]:
        def step(arrays: Any, at: Array) -> tuple[Any, Array]:
            batch_key, dropout_key = jax.random.split(jax.random.fold_in(key, 1 + at))
            batch = texts[jax.random.randint(batch_key, (recipe.batch,), 0, len(texts))]
            moved, loss = train_step(eqx.combine(arrays, rest), batch, pad, recipe, dropout_key)
            return eqx.filter(moved, eqx.is_array), loss

        arrays, losses = jax.lax.scan(step, arrays, index)
        return arrays, losses.mean()

    arrays, losses = jax.vmap(one)(arrays, texts, keys)
    return eqx.combine(arrays, rest), losses
