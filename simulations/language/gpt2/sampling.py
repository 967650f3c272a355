"""Texts written by a model, many at a time, token by token with a cache."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from simulations.language.gpt2.model import GPT2, empty_cache, next_logits


def write(
    model: GPT2,
    count: int,
    prompt: Int[np.ndarray, " start"],
    length: int,
    key: Key[Array, ""],
    *,
    end: int,
    pad: int,
    temperature: float = 1.0,
    top_p: float = 1.0,
    batch: int = 256,
) -> Int[np.ndarray, "count length"]:
    """`count` texts that begin with `prompt`, cut at `length`; `pad` follows `end`.

    Text i depends on `key` and i alone, not on the batch.  Raises ValueError for a temperature that
    is not positive (0 is not: use a small one), or a `top_p` outside (0, 1].
    """
    if not 0 < temperature < float("inf"):
        raise ValueError(f"temperature = {temperature:g}: expected a number > 0")
    if not 0 < top_p <= 1:
        raise ValueError(f"top_p = {top_p:g}: expected a number in (0, 1]")
    context = len(model.positions)
    if not 1 <= len(prompt) <= length <= context:
        raise ValueError(f"length = {length}: expected between the prompt's {len(prompt)} and {context}")
    start = jnp.asarray(prompt)
    texts = []
    for first in range(0, count, batch):
        index = jnp.arange(first, first + batch)
        written = _write(model, index, start, length, key, end, pad, jnp.float32(temperature), top_p)
        texts.append(np.asarray(written)[: count - first])
    return np.concatenate(texts).astype(np.int32)


@eqx.filter_jit
def _write(
    model: GPT2, index, prompt, length: int, key, end: int, pad: int, temperature, top_p
) -> Int[Array, "batch length"]:
    def one(text_key: Key[Array, ""]) -> Int[Array, " length"]:
        def step(carry, position):
            cache, token, done = carry
            logits, cache = next_logits(model, cache, token, position)
            chosen = choose(logits, temperature, top_p, jax.random.fold_in(text_key, position))
            prompted = prompt[jnp.minimum(position + 1, len(prompt) - 1)]
            follows = jnp.where(position + 1 < len(prompt), prompted, jnp.where(done, pad, chosen))
            return (cache, follows, done | (follows == end)), follows

        begin = (empty_cache(model), prompt[0], jnp.array(False))
        _, rest = jax.lax.scan(step, begin, jnp.arange(length - 1))
        return jnp.concatenate([prompt[:1], rest])

    return jax.vmap(one)(jax.vmap(partial(jax.random.fold_in, key))(index))


def choose(
    logits: Float[Array, " vocabulary"],
    temperature: Float[Array, ""] | float,
    top_p: float,
    key: Key[Array, ""],
) -> Int[Array, ""]:
    """A random token: softmax(logits / temperature) on the fewest tokens with probability >= `top_p`."""
    scaled = logits / temperature
    if top_p == 1:  # sorting is most of the work
        return jax.random.categorical(key, scaled)
    order = jnp.argsort(-scaled)
    sorted_logits = scaled[order]
    before = jnp.cumsum(jax.nn.softmax(sorted_logits)) - jax.nn.softmax(sorted_logits)
    kept = jnp.where(before < top_p, sorted_logits, -jnp.inf)
    return order[jax.random.categorical(key, kept)]
