"""Hidden states of a frozen GPT-2 as features: it learnt from stories that nothing else uses."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from simulations.language.corpus.corpus import Corpus, Rows
from simulations.language.corpus.grammar import PAD
from simulations.language.experiment import architecture, one_of
from simulations.language.gpt2.loop import train
from simulations.language.gpt2.model import GPT2
from simulations.language.gpt2.training import Recipe
from simulations.language.plan import Shape
from simulations.language.readout.transitions import Transitions

VALIDATION = 250  # stories by which its best weights are chosen, at most
SEED = 5000  # of its weights, which no author has
BATCH = 250  # stories read together


class Reader(NamedTuple):
    """The GPT-2 whose last hidden states are features: what it learnt from, and its size."""

    stories: int  # real ones, as far as there are so many that the author did not learn from
    steps: int
    width: int
    depth: int


def trained_reader(
    corpus: Corpus,
    reader: Reader,
    recipe: Recipe,
    before: int,
    key: int,
    path: Path | None = None,
    progress: Callable[[int], object] = lambda steps: None,
) -> GPT2:
    """The reader, trained on stories that follow the first `before`, which are the author's."""
    most = int(min(before + reader.stories, corpus.available["generator"]))
    texts = corpus.real("generator", most, 0)[before:]
    validation = corpus.real("validation", int(min(VALIDATION, corpus.available["validation"])), 0)
    model = architecture(corpus, Shape(reader.width, reader.depth))
    trained = train(
        model,
        texts[None],
        validation,
        PAD,
        recipe,
        reader.steps,
        key,
        [SEED],
        path=path,
        progress=progress,
    )
    return one_of(trained.run.best, 0)


def context_states(
    model: GPT2, stories: Rows, transitions: Transitions
) -> Float[np.ndarray, "contexts width"]:
    """The last hidden state at every context, which is a story and a place in it."""
    story, place = transitions.contexts.T
    states = np.empty((len(story), model.tokens.shape[1]))
    order = np.argsort(story, kind="stable")
    for start in range(0, len(stories), BATCH):
        rows = stories[start : start + BATCH]
        rows = np.concatenate([rows, np.full((BATCH - len(rows), rows.shape[1]), PAD, rows.dtype)])
        first, last = np.searchsorted(story[order], [start, start + BATCH])
        chosen = order[first:last]
        states[chosen] = np.asarray(_states(model, jnp.asarray(rows[:, :-1])))[
            story[chosen] - start, place[chosen]
        ]
    return states


@eqx.filter_jit
def _states(model: GPT2, rows: Int[Array, "batch T"]) -> Any:
    return jax.vmap(model.states)(rows)
