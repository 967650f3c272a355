"""A network trained on a mix, and stories that it has not read in terms of its hidden states."""

from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from simulations.language.corpus.corpus import Corpus, Rows, grammar_corpus
from simulations.language.corpus.grammar import PAD
from simulations.language.experiment import Losses, architecture, losses, mixed, one_of
from simulations.language.frozen.plan import Plan
from simulations.language.gpt2.loop import train
from simulations.language.gpt2.model import GPT2
from simulations.language.plan import Shape
from simulations.language.readout.features import Features
from simulations.language.readout.origin import Origin, pool_origin
from simulations.language.readout.prefixes import prefixes
from simulations.language.readout.reader import context_states
from simulations.language.readout.transitions import Steps, Transitions
from simulations.language.readout.world import Place, synthetic_stories
from workbench.job import Progress

VALIDATION, TESTS = 250, 1000  # stories to choose a network's best weights by, and to test it on
SAMPLE = 500  # stories of a source by which the dependence of their tokens is judged
NEW = 1000  # seeds of the pools, of which no network has a story, begin here: theirs are from 0 on
BATCH = 250


class World(NamedTuple):
    """What a network's readouts are trained and tested on, and how good it is itself."""

    transitions: Transitions
    origins: list[Origin]  # real stories first
    features: Features  # its hidden states at all contexts
    held_out: Steps
    network: Losses
    squares: Float[np.ndarray, " stories"]  # its squared error on each test story, a sum over tokens


def make_world(plan: Plan, fraction: float, index: int, place: Place, progress: Progress) -> World:
    """A network of a fraction of synthetic stories, frozen at its best on the validation stories."""
    corpus = grammar_corpus()
    written = synthetic_stories(place, progress)
    models = _network(corpus, plan, fraction, index, written, place.key)
    network = one_of(models, 0)
    tests = corpus.real("test", TESTS, 0)
    sets = [corpus.real("train", plan.pool, NEW + index), written[plan.network.stories :], tests]
    transitions, steps = prefixes(sets, corpus.vocabulary)
    states = context_states(network, np.concatenate(sets), transitions)
    origins = [pool_origin(part, len(transitions.context), SAMPLE) for part in steps[:2]]
    network_losses = losses(corpus, models, tests)
    squares = squared_errors(network, tests)
    return World(transitions, origins, states, steps[2], network_losses, squares)


def author_place(plan: Plan, index: int, key: int, folder: Path, code: str) -> Place:
    """Where the author of the networks of this number is at work: each has a key of its own."""
    return Place(None, 0, 0, 2, plan.author, None, key + index, folder, code, plan.recipe)


def _network(corpus: Corpus, plan: Plan, fraction: float, index: int, written: Rows, key: int) -> GPT2:
    """The network, on an axis (1,) of seeds in front."""
    real = corpus.real("train", plan.network.stories, index)[None]
    trained = train(
        architecture(corpus, Shape(plan.network.width, plan.network.depth)),
        mixed(real, written[None], fraction),
        corpus.real("validation", VALIDATION, 0),
        PAD,
        plan.recipe,
        plan.network.steps,
        key,
        [0],
    )
    return trained.run.best


def squared_errors(model: GPT2, stories: Rows) -> Float[np.ndarray, " stories"]:
    """sum_t |y_t - q_t|^2 of each story, q the network's probabilities and y one-hot."""
    sums = []
    for start in range(0, len(stories), BATCH):
        rows = stories[start : start + BATCH]
        sums.append(np.asarray(_squared_errors(model, jnp.asarray(rows))))
    return np.concatenate(sums).astype(float)


@eqx.filter_jit
def _squared_errors(model: GPT2, rows: Int[Array, "batch T"]) -> Any:
    q = jax.nn.softmax(jax.vmap(model)(rows[:, :-1]).astype(jnp.float32))
    of_next = jnp.take_along_axis(q, rows[:, 1:, None], axis=-1)[..., 0]
    error = 1 - 2 * of_next + jnp.sum(q**2, axis=-1)
    return jnp.sum(jnp.where(rows[:, 1:] != PAD, error, 0.0), axis=1)
