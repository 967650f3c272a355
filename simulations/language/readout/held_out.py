"""Losses of readouts on stories that nothing was trained on."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from simulations.language.readout.statistics import Readout
from simulations.language.readout.transitions import Steps, Transitions


class HeldOut(NamedTuple):
    """Tokens of stories: their contexts, each once, which each has, what follows, and whose they are."""

    contexts: Int[np.ndarray, " contexts"]
    context: Int[np.ndarray, " steps"]
    following: Int[np.ndarray, " steps"]
    story: Int[np.ndarray, " steps"]


class Mean(NamedTuple):
    """A mean over the tokens of stories, and its standard error for there being so few stories."""

    value: float
    stderr: float


def held_out(transitions: Transitions, steps: Steps) -> HeldOut:
    """The tokens of these stories."""
    contexts, context = np.unique(transitions.context[steps.made], return_inverse=True)
    return HeldOut(contexts, context, transitions.following[steps.made], steps.story)


def story_losses(
    held: HeldOut, features: Float[np.ndarray, "contexts width"], readout: Readout
) -> Float[np.ndarray, " stories"]:
    """sum_t |y_t - f(z_t)|^2 over the tokens of each story."""
    predicted = features[held.contexts] @ readout
    square = np.sum(predicted**2, axis=1)
    loss = 1 - 2 * predicted[held.context, held.following] + square[held.context]
    return np.bincount(held.story, loss)


def token_mean(held: HeldOut, sums: Float[np.ndarray, " stories"]) -> Mean:
    """The mean of story sums per token; stories, which have different lengths, are independent."""
    lengths = np.bincount(held.story)
    value = sums.sum() / lengths.sum()
    errors = sums - value * lengths
    return Mean(float(value), float(errors.std(ddof=1) * np.sqrt(len(sums)) / lengths.sum()))
