"""Training: next-token prediction with AdamW, warm-up, cosine decay, dropout and gradient clipping."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, Key

from simulations.language.gpt2.model import GPT2


class Recipe(NamedTuple):
    """How a model is trained; nothing here has a hidden default."""

    batch: int = 32  # texts a step
    learning_rate: float = 5e-3  # the peak; at 1e-2 some seeds learn much less
    warmup: float = 0.05  # part of the steps over which it is reached
    last: float = 0.1  # part of the peak at which it ends
    weight_decay: float = 0.1  # of matrices; not of biases and norms
    clip: float = 1.0  # largest norm of a gradient
    dropout: float = 0.0
    dtype: str = "float32"  # of activations; bfloat16 keeps weights and their updates in float32


State = tuple[GPT2, optax.OptState]


def learning_rates(recipe: Recipe, steps: int) -> Float[np.ndarray, " steps"]:
    """The learning rate of every step of a run: up in a line, down as a cosine."""
    schedule = optax.warmup_cosine_decay_schedule(
        init_value=0.0,
        peak_value=recipe.learning_rate,
        warmup_steps=max(1, round(recipe.warmup * steps)),
        decay_steps=max(2, steps),
        end_value=recipe.last * recipe.learning_rate,
    )
    with jax.numpy_dtype_promotion("standard"):  # Optax divides counts as they are
        return np.asarray(jax.vmap(schedule)(jnp.arange(steps)), dtype=np.float32)


def optimiser(recipe: Recipe) -> optax.GradientTransformation:
    """AdamW with clipping, as GPT-2 is commonly trained, at learning rate 1."""
    return optax.chain(
        optax.clip_by_global_norm(recipe.clip),
        optax.adamw(1.0, b1=0.9, b2=0.95, weight_decay=recipe.weight_decay, mask=_decays),
    )


def begin(model: GPT2, recipe: Recipe) -> State:
    """A model and the optimiser's state before the first step."""
    return model, optimiser(recipe).init(eqx.filter(model, eqx.is_array))


def token_losses(
    model: GPT2, texts: Int[Array, "batch T"], pad: int, dropout: float = 0.0, key: Any = None
) -> tuple[Float[Array, "batch T-1"], Float[Array, "batch T-1"]]:
    """-log q(next token | text so far) in nats, and 1 where there is a next token, 0 at the padding."""
    logits = jax.vmap(
        lambda text, i: model(text, dropout, None if key is None else jax.random.fold_in(key, i))
    )(texts[:, :-1], jnp.arange(len(texts)))
    loss = optax.softmax_cross_entropy_with_integer_labels(logits.astype(jnp.float32), texts[:, 1:])
    there = (texts[:, 1:] != pad).astype(jnp.float32)
    return loss * there, there


def mean_loss(
    model: GPT2, texts: Int[Array, "batch T"], pad: int, dropout: float = 0.0, key: Any = None
) -> Float[Array, ""]:
    """Cross-entropy per token."""
    loss, there = token_losses(model, texts, pad, dropout, key)
    return loss.sum() / there.sum()


def train_step(
    state: State,
    texts: Int[Array, "batch T"],
    rate: Float[Array, ""],
    pad: int,
    recipe: Recipe,
    key: Key[Array, ""],
) -> tuple[State, Float[Array, ""]]:
    """One step of AdamW on a batch at this learning rate, and the loss before it.

    The rate is no part of the recipe: runs of any length share one program.
    """
    model, moments = state

    def loss(model: GPT2) -> Float[Array, ""]:
        return mean_loss(_cast(model, recipe.dtype), texts, pad, recipe.dropout, key)

    value, gradient = eqx.filter_value_and_grad(loss)(model)
    with jax.numpy_dtype_promotion("standard"):  # Optax takes powers of counts as they are
        updates, moments = optimiser(recipe).update(gradient, moments, eqx.filter(model, eqx.is_array))
    updates = jax.tree.map(lambda update: rate * update, updates)
    return (eqx.apply_updates(model, updates), moments), value


def _decays(arrays: Any) -> Any:
    """Matrices decay; of stacked blocks they have one axis more, as their norms and biases do."""

    def is_matrix(path: Any, leaf: Any) -> bool:
        stacked = any(getattr(part, "name", None) == "blocks" for part in path)
        return leaf.ndim - stacked >= 2

    return jax.tree_util.tree_map_with_path(is_matrix, arrays)


def _cast(model: GPT2, dtype: str) -> GPT2:
    def cast(leaf: Any) -> Any:
        return leaf.astype(dtype) if eqx.is_inexact_array(leaf) else leaf

    return jax.tree.map(cast, model)
