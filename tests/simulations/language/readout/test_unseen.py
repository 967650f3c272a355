"""Other stories than those of the pools: what they cost is predicted from the pools alone."""

from functools import cache

import numpy as np
import pytest

from simulations.language.corpus.grammar import PAD
from simulations.language.readout.dependence import endless, scatters
from simulations.language.readout.origin import counts_at, pool_origin
from simulations.language.readout.population import population
from simulations.language.readout.prefixes import prefixes
from simulations.language.readout.statistics import ridge_readout, squared_norm, statistics
from simulations.language.readout.theory import Theory
from simulations.language.readout.transitions import Steps, runs, windows
from simulations.language.readout.unseen import unseen
from tests.simulations.language.readout.made import ORDER, RIDGE, VOCABULARY, WIDTH, stories

EVERY = [stories(2, count=3000), stories(3, count=3000)]  # all stories that there are of both kinds
EVERY[1][EVERY[1] == VOCABULARY - 1] = 3  # synthetic ones do without a token
POOLS, SIZES, SPLIT = 40, (120, 80), np.array([300, 100])
NUMBERED = windows([runs(pool, ORDER).words for pool in EVERY], VOCABULARY)
KNOWN = NUMBERED.transitions
FEATURES = np.maximum(np.random.default_rng(5).normal(size=(len(KNOWN.contexts), WIDTH)), 0)
STEPS = [NUMBERED.steps(pool) for pool in EVERY]
TRUE = [
    population(statistics(KNOWN, FEATURES, pool_origin(steps, len(KNOWN.context), 1).law))
    for steps in STEPS
]


def chosen(steps, size, rng):
    """A pool: some of the stories."""
    picked = rng.choice(3000, size, replace=False)
    made = [steps.made[steps.story == story] for story in picked]
    return Steps(np.concatenate(made), np.repeat(np.arange(size), [len(part) for part in made]))


def noises_of(origins, populations, tokens):
    """The noises of whole stories, and the readout of endless ones."""
    mixture = endless(populations, list(tokens / tokens.sum()), RIDGE)
    added = scatters(KNOWN, FEATURES, origins, populations, mixture)
    pairs = zip(populations, added, strict=True)
    return np.array([known.noise + s.stories - s.equal for known, s in pairs]), mixture.readout


@cache
def outcomes():
    """Of each pool and of SPLIT or endless stories: errors on all stories, predicted ones, and those
    that a closed form predicts which takes the pools for all stories there are.  Last, how much the
    best readout of all stories is expected to lose, which each pool tells by itself."""
    rows = []
    for seed in range(POOLS):
        rng = np.random.default_rng([6, seed])
        pools = [chosen(steps, size, rng) for steps, size in zip(STEPS, SIZES, strict=True)]
        origins = [
            pool_origin(pool, len(KNOWN.context), size) for pool, size in zip(pools, SIZES, strict=True)
        ]
        populations = [population(statistics(KNOWN, FEATURES, origin.law)) for origin in origins]
        theory, others = Theory(populations, RIDGE), unseen(KNOWN, FEATURES, origins)
        tokens = SPLIT * np.array([origin.length for origin in origins])
        noises, limit = noises_of(origins, populations, tokens)
        counts = sum(
            counts_at(origin, [n], [seed, k])[n]
            for k, (origin, n) in enumerate(zip(origins, SPLIT, strict=True))
        )
        trained = ridge_readout(statistics(KNOWN, FEATURES, counts), RIDGE)
        row = []
        for readout, n in ((trained, tokens), (limit, 1e12 * tokens)):
            error = squared_norm(readout - TRUE[0].readout, TRUE[0].covariance)
            row.append([error, others.error(theory, n, noises), theory.errors(n, noises[None])[0]])
        clean, _ = noises_of(origins, populations, np.array([1.0, 0.0]))
        noise = populations[0].noise
        row.append([noise, others.optimism(theory, clean), TRUE[0].noise])
        rows.append(row)
    return np.array(rows)


@pytest.mark.parametrize("endlessly", [0, 1], ids=["as many stories again", "endless draws"])
def test_errors_on_other_stories(endlessly):
    """Within 4 standard errors and 3 m/n; taking the pools for all stories misses them by far more."""
    error, predicted, of_pools = outcomes()[:, endlessly].T
    gap = error - predicted
    stderr = gap.std(ddof=1) / np.sqrt(POOLS)
    tokens = sum(size * len(steps.made) / 3000 for size, steps in zip(SIZES, STEPS, strict=True))
    finite = 3 * WIDTH / tokens * predicted.mean()
    assert abs(gap.mean()) < 4 * stderr + finite
    assert error.mean() - of_pools.mean() > 4 * stderr + finite


def test_the_loss_of_the_best_readout():
    """On the stories that it is made of it loses less than the best readout of all does."""
    noise, optimism, true = outcomes()[:, 2].T
    stderr = noise.std(ddof=1) / np.sqrt(POOLS)
    finite = 3 * WIDTH / (SIZES[0] * len(STEPS[0].made) / 3000) * optimism.mean()
    assert abs(np.mean(noise + optimism - true)) < 4 * stderr + finite
    assert (optimism > 0).all()


def test_prefixes_are_those_of_the_stories():
    sets = [EVERY[0][:50], EVERY[1][:30]]
    transitions, steps = prefixes(sets, VOCABULARY)
    rows = np.concatenate(sets)
    contexts = [tuple(rows[story, : place + 1]) for story, place in transitions.contexts]
    assert len(set(contexts)) == len(contexts)
    for part, pool in zip(steps, sets, strict=True):
        expected = [
            (story, tuple(row[:end]), row[end])
            for story, row in enumerate(pool)
            for end in range(1, np.count_nonzero(row != PAD))
        ]
        made = [
            (story, contexts[transitions.context[one]], transitions.following[one])
            for one, story in zip(part.made, part.story, strict=True)
        ]
        assert made == expected
