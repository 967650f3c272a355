"""Fixed features of a context: random ones of its last tokens, or a frozen model's hidden states."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

EMBEDDING = 64  # numbers of a token's embedding
CHUNK = 4096  # contexts that are made together

Features = Float[np.ndarray, "contexts width"]


def relu_features(
    contexts: Int[np.ndarray, "contexts order"], width: int, vocabulary: int, key: int
) -> Features:
    """z = max(S^T x, 0) for x the embeddings of a context's tokens, one after another.

    An embedding has iid N(0, 1) entries, another one at every place of a context, and S, of shape
    d x width with d = 64 order, iid N(0, 1/d) entries, so that E (S^T x)_j^2 = 1.  Both depend on `key`
    alone, not on which contexts are asked for; the first features of more are those of fewer.
    """
    order = contexts.shape[1]
    embed, project = jax.random.split(jax.random.key(key))
    tables = np.asarray(jax.random.normal(embed, (order, vocabulary, EMBEDDING)))
    S = _projection(project, (order, EMBEDDING), width) / np.sqrt(order * EMBEDDING)
    pushes = np.einsum("jve,mje->jvm", tables, S, optimize=True)
    z = np.empty((len(contexts), width))
    for start in range(0, len(z), CHUNK):
        part = slice(start, start + CHUNK)
        total = sum(pushes[place][contexts[part, place]] for place in range(order))
        np.maximum(total, 0.0, out=z[part])
    return z


def state_features(states: Features, width: int, key: int) -> Features:
    """The states of a context themselves if there are as many as features, else z = max(S^T x, 0).

    S has the shape d x width and iid N(0, 1/d) entries, d numbers in a state x.
    """
    d = states.shape[1]
    if width == d:
        return states
    S = _projection(jax.random.key(key), (d,), width) / np.sqrt(d)
    z = np.empty((len(states), width))
    for start in range(0, len(z), CHUNK):
        part = slice(start, start + CHUNK)
        np.maximum(states[part] @ S.T, 0.0, out=z[part])
    return z


def _projection(key: jax.Array, shape: tuple[int, ...], width: int) -> Float[np.ndarray, "width ..."]:
    columns = jax.vmap(lambda j: jax.random.normal(jax.random.fold_in(key, j), shape))
    return np.asarray(columns(jnp.arange(width)))
