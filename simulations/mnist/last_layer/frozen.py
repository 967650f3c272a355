"""The last layer of a network by itself: ridge regression on the hidden units that training has left."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from simulations.mnist.theory import population, predicted_errors


@eqx.filter_jit
def hidden_units(network: eqx.nn.MLP, images: Float[Array, "n d"]) -> Float[Array, "n units"]:
    """max(W_1 x + b_1, 0) and a 1 for the last layer's bias, in float64: m + 1 features, frozen."""
    weight, bias = (jax.lax.stop_gradient(leaf).astype(float) for leaf in _first(network))
    return jnp.column_stack([jnp.maximum(images @ weight.T + bias[None], 0), jnp.ones(len(images))])


def _first(network: eqx.nn.MLP) -> tuple[Array, Array]:
    layer = network.layers[0]
    assert layer.bias is not None
    return layer.weight, layer.bias


def last_layer_errors(
    network: eqx.nn.MLP,
    images: Float[Array, "N d"],
    labels: list[Float[Array, "N classes"]],
    label_sets: list[int],
    counts: Float[np.ndarray, "points 2"],
    ridges: list[float],
) -> Float[np.ndarray, " points"]:
    """Test errors of last layers fitted anew by ridge regression on other images.

    `images` are some that the network was not trained on, many more than it has units; `label_sets`,
    `counts` and `ridges` as in `predicted_errors`.  The closed form is that of new images.  Images that
    have made the features are no draw independent of them, and a last layer fitted to those, as
    training does, has another error: larger in narrow networks, and without the peak at m = n.
    """
    known = population(hidden_units(network, images), labels)
    return np.asarray(predicted_errors(known, label_sets, counts, ridges))
