"""Linear labels that stand for signs: what ridge regression makes of verified samples.

Kept samples are Gaussian but for two directions, and of those only second moments count, `kept`'s:

    E_k[x x^T] = Sigma_k + Sigma_k H_k Sigma_k,      E_k[x y] = Sigma_k h_k,

h_k and H_k made of w_1 and w_k.  The mean predictor solves (sum_k p_k e_k E_k[x x^T] + nu) w_bar =
sum_k p_k e_k E_k[x y].  With what H_k adds on the right, source k acts as if its inputs were still
N(0, Sigma_k) and its labels those of a linear teacher,

    w_bar = G sum_k p_k e_k Sigma_k u_k,      u_k = h_k - H_k Sigma_k w_bar,

with random projections too (Woodbury's formula for the finite rank, then G_S ~ G), and its noise

    1 - |u_k|^2_Sigma_k - w_bar^T Sigma_k H_k Sigma_k w_bar

is what makes E_k the mean squared error on labels of kept inputs: their mean square is 1.  (It is no
variance where H_k is not 0, and may be negative.)  u_k depends on two overlaps of w_bar, and w_bar on
all u_k: a linear system of 2 K unknowns.  Traces of e_k and nu do not feel a finite rank (ours).

Vectors are in coordinates v_0 = w_1 and v_k = w_k - w_1, as in `mean_predictor`.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory.classification.kept import Angle, Kept, kept
from collapse_theory.classification.sign_labels import SignLabels
from collapse_theory.equivalent import Equivalent, Model
from collapse_theory.equivalent.algebra import product

# E[v_a v_b^T] of v_0 = w_1 and all v_k; the index of the truth is 0, that of source k is k.
Blocks = Float[Array, "K1 K1 *matrix"]


class Directions(NamedTuple):
    """m and g of every source and its kept samples, in the coordinates (v_0, v_k); arrays (K, ...)."""

    law: Kept
    gram: Float[Array, "K 2 2"]  # of (v_0, v_k) in Sigma_k
    means: Float[Array, "K 2"]  # h_k
    more: Float[Array, "K 2 2"]  # H_k


class Teachers(NamedTuple):
    """The linear labels of the truth and of all sources."""

    blocks: Blocks  # second moments, as `Moments` has them
    noises: Float[Array, " K"]


def blocks_of(model: Model) -> Blocks:
    """E[v_a v_b^T] of a model whose source of index 0 is the truth, and empty."""
    if model.correlations is not None:
        return model.correlations
    K1 = len(model.noises)
    sources = jnp.arange(K1)
    return (
        jnp.zeros((K1, K1, *model.signal.shape))
        .at[sources, sources]
        .set(model.shifts)
        .at[0, 0]
        .set(model.signal)
    )


def directions(model: Model, labels: SignLabels) -> Directions:
    """What is kept of each source, before anything is trained."""
    blocks, sources = blocks_of(model), jnp.arange(1, len(model.noises))
    pairs = jnp.stack([jnp.zeros_like(sources), sources], axis=1)
    gram = jax.vmap(
        lambda sigma, pair: jax.vmap(jax.vmap(lambda block: model.trace(sigma, block)))(
            blocks[pair][:, pair]
        )
    )(model.covariances[1:], pairs)
    size, crossed = gram[:, 0, 0], gram[:, 0, 1]
    gap = gram[:, 1, 1] + model.noises[1:]
    law = kept(Angle.between(size, crossed, gap), labels)
    truth, label = 1 / jnp.sqrt(size), 1 / jnp.sqrt(size + 2 * crossed + gap)
    along_sum = jnp.stack([label + truth, label], axis=1)
    along_gap = jnp.stack([label - truth, label], axis=1)
    means = law.along_sum[:, None] * along_sum + law.along_gap[:, None] * along_gap
    more = law.more_sum[:, None, None] * _squares(along_sum)
    more += law.more_gap[:, None, None] * _squares(along_gap)
    return Directions(law, gram, means, more)


def teachers(equivalent: Equivalent, known: Directions, scale: Float[Array, ""]) -> Teachers:
    """The labels that stand for those of all sources; the truth is scale w_1."""
    model = equivalent.model
    blocks = blocks_of(model)
    K = len(known.means)
    overlaps = _overlaps(equivalent, blocks)
    # x_k, the coordinates of u_k, are means_k - more_k sum_j overlaps_kj x_j.
    system = jnp.eye(2 * K) + jnp.einsum("kab,kbjc->kajc", known.more, overlaps).reshape(2 * K, 2 * K)
    x = jnp.linalg.solve(system, known.means.ravel()).reshape(K, 2)
    seen = jnp.einsum("kajb,jb->ka", overlaps, x)
    noises = 1 - jnp.einsum("ka,kab,kb->k", x, known.gram, x)
    noises -= jnp.einsum("ka,kab,kb->k", seen, known.more, seen)
    change = jnp.zeros((K + 1, K + 1)).at[0, 0].set(scale)
    sources = jnp.arange(1, K + 1)
    change = change.at[sources, 0].set(x[:, 0] - scale).at[sources, sources].set(x[:, 1])
    return Teachers(jnp.einsum("ja,ab...,kb->jk...", change, blocks, change), noises)


def _overlaps(equivalent: Equivalent, blocks: Blocks) -> Float[Array, "K 2 K 2"]:
    """v_a^T Sigma_k G P_j v_b for a in (0, k) and b in (0, j): what w_bar's labels give."""
    model, G = equivalent.model, equivalent.G
    pulls = model.fractions * equivalent.e
    K1 = len(blocks)

    def overlap(k: int, j: int) -> Float[Array, "2 2"]:
        map_of_labels = pulls[j] * product(model.covariances[k], G, model.covariances[j])
        return jnp.stack(
            [jnp.stack([model.trace(map_of_labels, blocks[a, b]) for b in (0, j)]) for a in (0, k)]
        )

    rows = [jnp.stack([overlap(k, j) for j in range(1, K1)], axis=1) for k in range(1, K1)]
    return jnp.stack(rows)


def _squares(vectors: Float[Array, "K 2"]) -> Float[Array, "K 2 2"]:
    return vectors[:, :, None] * vectors[:, None, :]
