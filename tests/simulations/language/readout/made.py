"""Two small pools of stories, whose tokens depend on each other, and all that is known of them."""

import numpy as np

from simulations.language.corpus.grammar import BEGIN, END, PAD
from simulations.language.readout.origin import pool_origin
from simulations.language.readout.population import population
from simulations.language.readout.statistics import statistics
from simulations.language.readout.transitions import runs, windows

VOCABULARY, ORDER, WIDTH, RIDGE = 8, 2, 6, 1e-3


def stories(seed, count=60, length=12):
    """Stories that prefer a token of their own: residuals of one story have a sign in common."""
    rng = np.random.default_rng(seed)
    rows = np.full((count, length), PAD)
    rows[:, 0] = BEGIN
    for row, last in zip(rows, rng.integers(4, length, count), strict=True):
        favourite = rng.integers(3, VOCABULARY)
        told = rng.integers(3, VOCABULARY, last)
        row[1:last] = np.where(rng.random(last) < 0.6, favourite, told)[: last - 1]
        row[last] = END
    return rows


REAL, SYNTHETIC = stories(0), stories(1, count=40)
WINDOWS = windows([runs(pool, ORDER).words for pool in (REAL, SYNTHETIC)], VOCABULARY)
KNOWN = WINDOWS.transitions
ORIGINS = [pool_origin(WINDOWS.steps(pool), len(KNOWN.context), len(pool)) for pool in (REAL, SYNTHETIC)]
FEATURES = np.maximum(np.random.default_rng(2).normal(size=(len(KNOWN.contexts), WIDTH)), 0)
POPULATIONS = [population(statistics(KNOWN, FEATURES, origin.law)) for origin in ORIGINS]


def rows_of(pool):
    """Features, one-hot labels and stories of all tokens of a pool, one by one."""
    steps = WINDOWS.steps(pool)
    labels = np.eye(VOCABULARY)[KNOWN.following[steps.made]]
    return FEATURES[KNOWN.context[steps.made]], labels, steps.story
