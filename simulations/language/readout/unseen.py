"""What is predicted of stories that no source has: the stories of a source are themselves a sample.

Drawing n tokens from the stories of a pool of N tokens is, for other stories, a sample of fewer tokens,
1 / n' = 1 / n + 1 / N, however large n is.  So the closed form is that of n'_k tokens, weighted such
that their parts in training are those of the n_k.  All is estimated from the pools.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from simulations.language.readout.features import Features
from simulations.language.readout.origin import Origin
from simulations.language.readout.population import population
from simulations.language.readout.statistics import Readout, statistics
from simulations.language.readout.theory import ENDLESS, Theory
from simulations.language.readout.transitions import Steps, Transitions


class Unseen(NamedTuple):
    """Tokens of the pools, and half the difference of the best readouts of their halves."""

    tokens: Float[np.ndarray, " 2"]
    spread: tuple[Readout, ...]

    def error(
        self, theory: Theory, counts: Float[np.ndarray, " 2"], noises: Float[np.ndarray, " 2"]
    ) -> float:
        """The error above the best readout of all stories there are, of training on `counts` tokens.

        Best readouts of pools differ from those of all stories by errors of their own, which add to what
        the closed form sees of the distance between them.  Half the difference of the readouts of two
        halves has errors of the same size and nothing else, and is subtracted.
        """
        present = counts > 0
        fewer = np.zeros(2)
        fewer[present] = 1 / (1 / counts[present] + 1 / self.tokens[present])
        weights = np.ones(2)
        weights[present] = counts[present] / counts.sum() * fewer.sum() / fewer[present]
        (plugged,) = theory.errors(fewer, noises[None], weights)
        (errors,) = theory.errors(fewer, np.zeros((1, 2)), weights, self.spread)
        return float(plugged - errors)

    def optimism(self, theory: Theory, noises: Float[np.ndarray, " 2"]) -> float:
        """How much less the best readout of the real pool loses there than the best one of all loses.

        Its loss on other stories is as much above the latter as its loss on its own is below.  To first
        order both are the error of a readout of the real pool, once.
        """
        return self.error(theory, np.array([ENDLESS, 0.0]), noises)


def unseen(transitions: Transitions, features: Features, origins: list[Origin]) -> Unseen | None:
    """What the pools tell of other stories; None if real stories have the law of all there are."""
    pools = [origin.pool for origin in origins]
    if pools[0] is None:
        return None
    spread = []
    for pool in pools:
        assert pool is not None
        halves = [_readout(transitions, features, pool, half) for half in (0, 1)]
        spread.append((halves[0] - halves[1]) / 2)
    sizes = np.array([float(len(pool.made)) for pool in pools if pool is not None])
    return Unseen(sizes, tuple(spread))


def _readout(transitions: Transitions, features: Features, pool: Steps, half: int) -> Readout:
    """The best readout of every other story."""
    counts = np.bincount(pool.made[pool.story % 2 == half], minlength=len(transitions.context)).astype(
        float
    )
    return population(statistics(transitions, features, counts)).readout
