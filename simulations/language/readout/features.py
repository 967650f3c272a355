"""Fixed features of a context: random ReLU features of its last tokens' random embeddings."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

EMBEDDING = 64  # numbers of a token's embedding


def relu_features(
    contexts: Int[np.ndarray, "contexts order"], width: int, vocabulary: int, key: int
) -> Float[np.ndarray, "contexts width"]:
    """z = max(S^T x, 0) for x the embeddings of a context's tokens, one after another.

    An embedding has iid N(0, 1) entries, another one at every place of a context, and S, of shape
    d x width with d = 64 order, iid N(0, 1/d) entries, so that E (S^T x)_j^2 = 1.  Both depend on `key`
    alone, not on which contexts are asked for; the first features of more are those of fewer.
    """
    order = contexts.shape[1]
    embed, project = jax.random.split(jax.random.key(key))
    tables = np.asarray(jax.random.normal(embed, (order, vocabulary, EMBEDDING)))
    columns = jax.vmap(lambda j: jax.random.normal(jax.random.fold_in(project, j), (order, EMBEDDING)))
    S = np.asarray(columns(jnp.arange(width))) / np.sqrt(order * EMBEDDING)
    pushes = np.einsum("jve,mje->jvm", tables, S, optimize=True)
    total = sum(pushes[place][contexts[:, place]] for place in range(order))
    return np.maximum(total, 0.0)
