"""The lazy limit of two-layer networks: regression with the kernel of their gradients at the start."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from simulations.mnist.infinite import images_of_a_sample, infinite_population
from simulations.mnist.kernel import Kernel, relu_kernel
from simulations.mnist.network import two_layers
from simulations.mnist.theory import predicted_errors

SAMPLES = 2  # of images
STARTS = 3  # initial networks, whose outputs are averaged over


def tangent_kernel(width: int) -> Kernel:
    """The mean over initial weights of grad f(x).grad f(y) of `two_layers`, one output.

    With x' = (x, 1), the angle t of x' and y', and s' of iid N(0, 1/(3d)) entries (Equinox's weights and
    biases are uniform with these variances; those of the second layer have 1/(3m)),

        Theta(x, y) = m E max(s'.x', 0) max(s'.y', 0) + 1 + x'.y' (pi - t) / (6 pi) ,

    by the second layer's weights and bias and by the first layer's (Jacot et al., arXiv 1806.07572).
    """

    def kernel(x: Float[Array, "n d"], y: Float[Array, "k d"]) -> Float[Array, "n k"]:
        d = x.shape[1]
        x, y = (jnp.column_stack([rows, jnp.ones(len(rows))]) for rows in (x, y))
        lengths = jnp.linalg.norm(x, axis=1)[:, None] * jnp.linalg.norm(y, axis=1)[None]
        products = x @ y.T
        angle = jnp.arccos(jnp.clip(products / lengths, -1, 1))
        last = width * relu_kernel(x, y) * (d + 1) / (3 * d)
        return last + 1 + products * (jnp.pi - angle) / (6 * jnp.pi)

    return kernel


def lazy_errors(
    images: Float[Array, "N0 d"],
    labels: list[Float[Array, "N0 classes"]],
    width: int,
    label_sets: list[int],
    counts: Float[np.ndarray, "points 2"],
    key: Key[Array, ""],
) -> Float[np.ndarray, " points"]:
    """Test errors of networks that gradient flow has trained to the end, their features unmoved.

    The outputs are those at the start plus the ridgeless fit, with the tangent kernel, of what they
    lack; points as in `predicted_errors`, all with the same number of images.
    """
    n = round(float(counts[0].sum()))
    read = SAMPLES * images_of_a_sample(n, len(images))
    images, labels = images[:read], [one[:read] for one in labels]
    keys = jax.random.split(key, STARTS)
    starts = [_outputs(two_layers(images.shape[1], width, labels[0].shape[1], k), images) for k in keys]
    # Squared errors are sums over outputs, so that networks side by side are more outputs.
    lacking = [jnp.concatenate([one - f for f in starts], axis=1) / np.sqrt(STARTS) for one in labels]
    known = infinite_population(images, lacking, tangent_kernel(width), n, SAMPLES)
    return np.asarray(predicted_errors(known, label_sets, counts, [0.0] * len(label_sets)))


@eqx.filter_jit
def _outputs(network: eqx.nn.MLP, images: Float[Array, "N0 d"]) -> Float[Array, "N0 classes"]:
    return jax.vmap(network)(images.astype(jnp.float32)).astype(float)
