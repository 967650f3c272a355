"""One trained two-layer network, for what can be asked of its hidden units."""

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Key

from simulations.mnist.network import BATCH, LEARNING_RATE, State, train_step, two_layers


def trained_network(
    images: Float[Array, "n d"],
    labels: Float[Array, "n classes"],
    width: int,
    steps: int,
    key: Key[Array, ""],
) -> eqx.nn.MLP:
    """The network that `train_networks` trains on these images with this key: same start, same batches.

    That function trains many side by side and keeps their scores only.
    """
    images, labels = images.astype(jnp.float32), labels.astype(jnp.float32)
    optimiser = optax.adam(optax.cosine_decay_schedule(LEARNING_RATE, steps))
    network = two_layers(images.shape[1], width, labels.shape[1], jax.random.fold_in(key, 2))
    state = network, optimiser.init(eqx.filter(network, eqx.is_array))
    return _train(state, images, labels, key, jnp.arange(steps), optimiser)[0]


@eqx.filter_jit
def _train(
    state: State,
    images: Float[Array, "n d"],
    labels: Float[Array, "n classes"],
    key: Key[Array, ""],
    index: Array,
    optimiser: optax.GradientTransformation,
) -> State:
    arrays, rest = eqx.partition(state, eqx.is_array)

    def step(arrays: State, at: Array) -> tuple[State, None]:
        batch = jax.random.randint(jax.random.fold_in(key, 3 + at), (BATCH,), 0, len(images))
        moved = train_step(eqx.combine(arrays, rest), images[batch], labels[batch], optimiser)
        return eqx.filter(moved, eqx.is_array), None

    return eqx.combine(jax.lax.scan(step, arrays, index)[0], rest)
