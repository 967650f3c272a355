"""The covariance of scores is that of explicit sums; trained readouts err as predicted."""

import numpy as np
import pytest

from simulations.language.readout import results
from simulations.language.readout.dependence import endless, scatters
from simulations.language.readout.origin import counts_at, single_tokens
from simulations.language.readout.statistics import ridge_readout, squared_norm, statistics
from simulations.language.readout.theory import ENDLESS, Theory
from simulations.language.readout.world import World
from tests.simulations.language.readout.made import (
    FEATURES,
    KNOWN,
    ORIGINS,
    POPULATIONS,
    REAL,
    RIDGE,
    SYNTHETIC,
    WIDTH,
    WINDOWS,
    rows_of,
)

LENGTHS = np.array([origin.length for origin in ORIGINS])
REAL_STORIES, SEEDS = 150, 200


def mixture(split):
    shares = split * LENGTHS / (split * LENGTHS).sum()
    return endless(POPULATIONS, list(shares), RIDGE)


def scattered(mixed):
    return scatters(KNOWN, FEATURES, ORIGINS, POPULATIONS, mixed)


def test_scatter_is_the_covariance_of_explicit_scores():
    split = np.array([2.0, 1.0])
    mixed = mixture(split)
    shares = split * LENGTHS / (split * LENGTHS).sum()
    G = np.linalg.inv(
        sum(p * known.covariance for p, known in zip(shares, POPULATIONS, strict=True))
        + RIDGE * np.eye(WIDTH)
    )
    weight = G @ POPULATIONS[0].covariance @ G
    for pool, source, found in zip((REAL, SYNTHETIC), POPULATIONS, scattered(mixed), strict=True):
        z, y, story = rows_of(pool)
        scores = np.einsum("nm,nv->nmv", z, y - z @ mixed.readout)
        sums = np.array([scores[story == i].sum(axis=0) for i in range(len(pool))])
        unit = np.trace(weight @ source.covariance)

        def per_token(of, tokens, unit=unit):
            deviation = of - of.mean(axis=0)
            return np.einsum("imv,mk,ikv->", deviation, weight, deviation) / tokens / unit

        assert found.unit == pytest.approx(unit, rel=1e-10)
        assert found.tokens == pytest.approx(per_token(scores, len(z)), rel=1e-6)
        assert found.stories == pytest.approx(per_token(sums, len(z)), rel=1e-6)
        assert found.equal == pytest.approx(np.sum((y - z @ mixed.readout) ** 2) / len(z), rel=1e-10)


@pytest.mark.parametrize("synthetic", [0, 50])
@pytest.mark.parametrize("whole", [True, False], ids=["stories", "tokens"])
def test_errors_of_trained_readouts(whole, synthetic):
    """Within 4 standard errors and 2 m/n of the prediction, and beyond them with equal noise."""
    split = np.array([REAL_STORIES, synthetic])
    mixed = mixture(split)
    kinds = [(s.stories if whole else s.tokens) - s.equal for s in scattered(mixed)]
    noises = np.array([source.noise for source in POPULATIONS])
    added = np.where(split > 0, noises + kinds, noises)
    theory = Theory(POPULATIONS, RIDGE)
    predicted, equal = theory.errors(split * LENGTHS, np.array([added, noises]))
    origins = ORIGINS if whole else [single_tokens(origin) for origin in ORIGINS]
    errors = []
    for seed in range(SEEDS):
        counts = sum(
            counts_at(o, [n], [seed, k])[n] for k, (o, n) in enumerate(zip(origins, split, strict=True))
        )
        readout = ridge_readout(statistics(KNOWN, FEATURES, counts), RIDGE)
        errors.append(squared_norm(readout - POPULATIONS[0].readout, POPULATIONS[0].covariance))
    stderr = np.std(errors, ddof=1) / np.sqrt(SEEDS)
    finite = 2 * WIDTH / (split * LENGTHS).sum() * predicted
    assert abs(np.mean(errors) - predicted) < 4 * stderr + finite
    if whole and not synthetic:  # here the dependence is large: favourite tokens
        assert np.mean(errors) > equal + 4 * stderr + finite


def test_the_limit_is_the_readout_of_endless_data():
    shares = np.array([0.9, 0.1])
    noises = np.array([[source.noise for source in POPULATIONS], [0.0, 3.0]])  # no variance is left
    limit = Theory(POPULATIONS, RIDGE).errors(ENDLESS * shares, noises)
    readout = endless(POPULATIONS, list(shares), RIDGE).readout
    direct = squared_norm(readout - POPULATIONS[0].readout, POPULATIONS[0].covariance)
    np.testing.assert_allclose(limit, [direct, direct], rtol=1e-6)


def test_what_no_model_of_the_contexts_can_know():
    """E |y - P(. | context)|^2, and so what the best readout is above it, token by token."""
    context = KNOWN.context[WINDOWS.steps(REAL).made]
    _, y, _ = rows_of(REAL)
    given = np.array([y[context == one].mean(axis=0) for one in context])
    known = results._randomness(World(KNOWN, *ORIGINS, lambda width: FEATURES, None))
    assert known == pytest.approx(np.mean(np.sum((y - given) ** 2, axis=1)), rel=1e-12)
    assert POPULATIONS[0].noise > known > 0
