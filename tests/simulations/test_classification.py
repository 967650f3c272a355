"""Classifiers trained on drawn signs against the theory of them."""

import numpy as np
import pytest

import collapse_theory as ct
from simulations import simulate_classification

# Standard errors, and what the theory leaves out at finite d, as a number over d (see the last test).
SIGMAS, FINITE = 4.0, 0.3
D = 40
SPECTRUM = ct.spectra.power_law(D, 0.7)
PERFECT, GOOD = ct.Verifier(1.0, 0.0), ct.Verifier(0.9, 0.2)


def mixture(ridge=0.05, width=None, other=SPECTRUM, noise=0.1, weight=1.0):
    """Of sizes that share one program."""
    sources = (ct.Source(120.0, SPECTRUM, noise), ct.Source(160.0, other, 0.0, 0.7, weight))
    return ct.Problem(sources, 1.0, ridge, width)


def gap(problem, labels, seeds):
    """Theory less simulation, and its standard error."""
    estimate = simulate_classification(problem, labels, seeds, key=3)
    return estimate.mean.total - ct.classification_error(problem, labels), estimate.stderr.total


@pytest.mark.parametrize(
    ("problem", "second"),
    [
        (mixture(), ct.SignLabels()),
        (mixture(), ct.SignLabels(0.1, GOOD)),
        (mixture(ridge=1.0), ct.SignLabels(0.0, PERFECT)),
        (mixture(other=ct.spectra.isotropic(D), weight=2.0), ct.SignLabels(0.1, GOOD)),
        (mixture(), ct.SignLabels(0.3, ct.Verifier(0.2, 0.9))),
    ],
    ids=["mixed", "verified", "perfect verifier", "other inputs and weights", "opposite verifier"],
)
def test_mixtures(problem, second):
    difference, stderr = gap(problem, (ct.SignLabels(0.05), second), 300)
    assert abs(difference) < SIGMAS * stderr + FINITE / D
    assert stderr < 0.005


def test_random_projections_without_a_ridge():
    labels = (ct.SignLabels(0.0, PERFECT), ct.SignLabels(0.1, GOOD))
    difference, stderr = gap(mixture(ridge=0.0, width=20.0), labels, 300)
    assert abs(difference) < SIGMAS * stderr + FINITE / D


def test_no_answer_is_wrong_half_of_the_time():
    """With labels that are flipped half of the time, whatever the verifier does."""
    difference, stderr = gap(mixture(), ct.SignLabels(0.5), 300)
    assert abs(difference) < SIGMAS * stderr


@pytest.mark.parametrize(
    ("n", "ridge", "flip", "error"),
    [(600, 1e-3, 0.0, 0.1679), (600, 1e-3, 0.2, 0.2845), (200, 1e-4, 0.1, 0.3541)],
)
def test_numbers_of_the_theory(n, ridge, flip, error):
    d = 300
    spectrum = ct.spectra.power_law(d, 0.7)
    problem = ct.Problem((ct.Source(n, spectrum / spectrum.sum()),), 1.0, ridge)
    estimate = simulate_classification(problem, ct.SignLabels(flip), 32)
    stderr = estimate.stderr.total
    assert abs(estimate.mean.total - error) < SIGMAS * stderr + FINITE / d
    assert stderr < 0.01


def test_the_gap_shrinks_like_one_over_d():
    """Bounded times d, where fewer dimensions show a gap."""
    labels = (ct.SignLabels(), ct.SignLabels(0.1, PERFECT))
    gaps = []
    for d in (6, 48):
        covariance = ct.spectra.isotropic(d)
        sources = (ct.Source(2.0 * d, covariance), ct.Source(4.0 * d, covariance, 0.0, 0.7))
        difference, stderr = gap(ct.Problem(sources, 1.0, 0.1), labels, 4000 if d == 6 else 800)
        assert abs(difference) < SIGMAS * stderr + FINITE / d
        gaps.append((abs(difference), stderr))
    (large, bar), (small, other) = gaps
    assert small < large / 3 + SIGMAS * np.hypot(bar, other)
