"""Training: next-token prediction with Muon or AdamW, warm-up, cosine decay, dropout and clipping."""

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
    optimiser: str = "muon"  # of the blocks' matrices; with AdamW some seeds learn late
    learning_rate: float = 2e-2  # the peak
    warmup: float = 0.05  # part of the steps over which it is reached
    last: float = 0.0  # part of the peak at which it ends
    weight_decay: float = (
        0.1  # of the blocks' matrices (of all matrices with AdamW); not of biases and norms
    )
    clip: float = 1.0  # largest norm of a gradient
    dropout: float = 0.0
    dtype: str = "float32"  # of activations; bfloat16 keeps weights and their updates in float32


# As GPT-2 is commonly trained; what was measured with it stays as it was.
ADAMW = Recipe(optimiser="adamw", learning_rate=5e-3, last=0.1)
OPTIMISERS = ("muon", "adamw")

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
    """The recipe's optimiser with clipping, at learning rate 1.

    Muon (Jordan et al. 2024) moves a matrix along the orthogonal factor of its averaged gradient,
    scaled to the size of Adam's steps (Liu et al., arXiv 2502.16982).  All that is no matrix of a block
    is left to Adam with Nesterov's momentum.
    """
    if recipe.optimiser == "muon":
        step = optax.contrib.muon(
            1.0,
            weight_decay=recipe.weight_decay,
            adam_b1=0.9,
            adam_b2=0.95,
            muon_weight_dimension_numbers=_stacked_matrices,
            consistent_rms=0.2,
        )
    else:
        step = optax.adamw(1.0, b1=0.9, b2=0.95, weight_decay=recipe.weight_decay, mask=_decays)
    return optax.chain(optax.clip_by_global_norm(recipe.clip), step)


def begin(model: GPT2, recipe: Recipe) -> State:
    """A model and its optimiser's state before the first step."""
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
    """One step of the optimiser on a batch at this learning rate, and the loss before it.

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


def _stacked_matrices(arrays: Any) -> Any:
    """Where Muon works: each (outputs, inputs) of the stacked blocks; None elsewhere."""
    axes = optax.contrib.MuonDimensionNumbers(reduction_axis=2, output_axis=1)
    return jax.tree_util.tree_map_with_path(
        lambda path, leaf: axes if _in_blocks(path) and leaf.ndim == 3 else None, arrays
    )


def _decays(arrays: Any) -> Any:
    """Matrices decay; of stacked blocks they have one axis more, as their norms and biases do."""
    return jax.tree_util.tree_map_with_path(lambda path, leaf: leaf.ndim - _in_blocks(path) >= 2, arrays)


def _in_blocks(path: Any) -> bool:
    return any(getattr(part, "name", None) == "blocks" for part in path)


def _cast(model: GPT2, dtype: str) -> GPT2:
    def cast(leaf: Any) -> Any:
        return leaf.astype(dtype) if eqx.is_inexact_array(leaf) else leaf

    return jax.tree.map(cast, model)
