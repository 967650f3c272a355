"""GPT-2: pre-norm transformer, learned positions, GELU, the output tied to the token embedding."""

import math
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key


class Architecture(NamedTuple):
    """Sizes of a model; GPT-2 small is (50257, 1024, 768, 12, 12) and has 124,439,808 parameters."""

    vocabulary: int
    context: int  # tokens that the model can see
    width: int
    depth: int
    heads: int

    @property
    def parameters(self) -> int:
        """Numbers in the model: embeddings, and 12 width^2 + 13 width in each block."""
        D = self.width
        return (self.vocabulary + self.context) * D + self.depth * (12 * D**2 + 13 * D) + 2 * D

    @property
    def flops_per_token(self) -> float:
        """Floating-point operations of training on one token of a full context.

        6 for each weight that multiplies (the output's are the tied embedding's) and 12 depth width
        context for attention, as counted by Chowdhery et al., arXiv 2204.02311, appendix B.
        """
        weights = self.depth * 12 * self.width**2 + self.vocabulary * self.width
        return float(6 * weights + 12 * self.depth * self.width * self.context)

    @property
    def flops_per_token_written(self) -> float:
        """Those of writing a token: a forward pass, a third of training."""
        return self.flops_per_token / 3


class Block(eqx.Module):
    """Attention, then a two-layer network of 4 times the width, each added to its input."""

    norm_1: eqx.nn.LayerNorm
    attend: eqx.nn.Linear  # queries, keys and values
    project: eqx.nn.Linear
    norm_2: eqx.nn.LayerNorm
    expand: eqx.nn.Linear
    contract: eqx.nn.Linear

    def __init__(self, architecture: Architecture, key: Key[Array, ""]):
        D, keys = architecture.width, jax.random.split(key, 4)
        residual = 0.02 / math.sqrt(2 * architecture.depth)  # so that their sum keeps its variance
        self.norm_1, self.norm_2 = _norm(D), _norm(D)
        self.attend = _linear(D, 3 * D, 0.02, keys[0])
        self.project = _linear(D, D, residual, keys[1])
        self.expand = _linear(D, 4 * D, 0.02, keys[2])
        self.contract = _linear(4 * D, D, residual, keys[3])

    def split(self, x: Float[Array, "T D"], heads: int) -> list[Float[Array, "T heads size"]]:
        """Queries, keys and values of the heads."""
        mixed = jax.vmap(self.attend)(jax.vmap(self.norm_1)(x))
        return [part.reshape(len(x), heads, -1) for part in jnp.split(mixed, 3, axis=-1)]

    def finish(
        self, x: Float[Array, "T D"], attended: Float[Array, "T heads size"], drop: Any
    ) -> Float[Array, "T D"]:
        """The block's output, from what attention gathered."""
        x = x + drop(jax.vmap(self.project)(attended.reshape(x.shape)), 0)
        hidden = jax.nn.gelu(jax.vmap(self.expand)(jax.vmap(self.norm_2)(x)), approximate=True)
        return x + drop(jax.vmap(self.contract)(hidden), 1)


class GPT2(eqx.Module):
    """Logits of the next token at every position of a text."""

    tokens: Float[Array, "vocabulary D"]
    positions: Float[Array, "context D"]
    blocks: Block  # stacked: every array has the depth as its first axis
    norm: eqx.nn.LayerNorm
    heads: int = eqx.field(static=True)

    def __init__(self, architecture: Architecture, key: Key[Array, ""]):
        if architecture.width % architecture.heads:
            raise ValueError(f"heads = {architecture.heads}: expected a divisor of {architecture.width}")
        token_key, position_key, block_key = jax.random.split(key, 3)
        D = architecture.width
        self.tokens = 0.02 * jax.random.normal(token_key, (architecture.vocabulary, D), jnp.float32)
        self.positions = 0.01 * jax.random.normal(position_key, (architecture.context, D), jnp.float32)
        keys = jax.random.split(block_key, architecture.depth)
        self.blocks = eqx.filter_vmap(lambda key: Block(architecture, key))(keys)
        self.norm = _norm(D)
        self.heads = architecture.heads

    def __call__(
        self, text: Int[Array, " T"], dropout: float = 0.0, key: Key[Array, ""] | None = None
    ) -> Float[Array, "T vocabulary"]:
        """Logits (T, vocabulary); `dropout` needs a `key`."""
        return self.states(text, dropout, key) @ self.tokens.T

    def states(
        self, text: Int[Array, " T"], dropout: float = 0.0, key: Key[Array, ""] | None = None
    ) -> Float[Array, "T D"]:
        """The last hidden states, normalised: logits are linear in them."""
        arrays, rest = eqx.partition(self.blocks, eqx.is_array)
        depth = len(self.blocks.attend.weight)
        x = _drop(dropout, key, 2 * depth)(self.tokens[text] + self.positions[: len(text)], 0)

        def layer(x: Array, block_and_index: Any) -> tuple[Array, None]:
            block_arrays, index = block_and_index
            block = eqx.combine(block_arrays, rest)
            q, k, v = block.split(x, self.heads)
            attended = jax.nn.dot_product_attention(q, k, v, is_causal=True)
            return block.finish(x, attended, _drop(dropout, key, 2 * index)), None

        x, _ = jax.lax.scan(layer, x, (arrays, jnp.arange(depth)))
        return jax.vmap(self.norm)(x)


class Cache(NamedTuple):
    """Keys and values of the tokens so far, zero where there is none yet."""

    keys: Float[Array, "depth context heads size"]
    values: Float[Array, "depth context heads size"]


def empty_cache(model: GPT2) -> Cache:
    """A cache before the first token."""
    depth = len(model.blocks.attend.weight)
    context, D = model.positions.shape
    zeros = jnp.zeros((depth, context, model.heads, D // model.heads), model.positions.dtype)
    return Cache(zeros, zeros)


def next_logits(
    model: GPT2, cache: Cache, token: Int[Array, ""], position: Int[Array, ""]
) -> tuple[Float[Array, " vocabulary"], Cache]:
    """Logits after one more token, at a cost that only attention makes grow with the position."""
    arrays, rest = eqx.partition(model.blocks, eqx.is_array)
    visible = jnp.arange(len(model.positions)) <= position

    def layer(carry: tuple[Array, Cache], block_and_index: Any) -> tuple[tuple[Array, Cache], None]:
        (x, cache), (block_arrays, index) = carry, block_and_index
        block = eqx.combine(block_arrays, rest)
        q, k, v = block.split(x, model.heads)
        # As part of the carry, not of what the loop goes through: so it is changed in place.
        cache = Cache(
            *(
                jax.lax.dynamic_update_slice(old, new[None], (index, position, 0, 0))
                for old, new in zip(cache, (k, v), strict=True)
            )
        )
        keys, values = (jax.lax.dynamic_index_in_dim(part, index, 0, keepdims=False) for part in cache)
        attended = jax.nn.dot_product_attention(q, keys, values, mask=visible[None, None, :])
        return (block.finish(x, attended, lambda x, place: x), cache), None

    x = (model.tokens[token] + model.positions[position])[None]
    (x, cache), _ = jax.lax.scan(
        layer, (x, cache), (arrays, jnp.arange(len(model.blocks.attend.weight)))
    )
    return model.norm(x[0]) @ model.tokens.T, cache


def _linear(inputs: int, outputs: int, scale: float, key: Key[Array, ""]) -> eqx.nn.Linear:
    """A layer with normal weights of this standard deviation and no bias to begin with."""
    layer = eqx.nn.Linear(inputs, outputs, key=key, dtype=jnp.float32)
    weight = scale * jax.random.normal(key, layer.weight.shape, jnp.float32)
    return eqx.tree_at(
        lambda one: (one.weight, one.bias), layer, (weight, jnp.zeros(outputs, jnp.float32))
    )


def _norm(width: int) -> eqx.nn.LayerNorm:
    return eqx.nn.LayerNorm(width, eps=1e-5, dtype=jnp.float32)


def _drop(rate: float, key: Key[Array, ""] | None, index: Any) -> Any:
    """Dropout for places `index`, `index` + 1 of the model; nothing without a key or at rate 0."""
    if key is None or rate == 0:
        return lambda x, place: x
    dropout = eqx.nn.Dropout(rate)
    return lambda x, place: dropout(x, key=jax.random.fold_in(key, index + place))
