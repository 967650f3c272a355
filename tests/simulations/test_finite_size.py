"""Simulations converge to the theory like 1/d, for any law of the features."""

import numpy as np
import pytest

import collapse_theory as ct
from simulations import features, simulate
from tests.problems import ALARM, parts


def family(d, case):
    """One problem at every size: spectra are sampled functions, n and m proportional to d."""
    grid = (np.arange(d) + 0.5) / d
    ratio_n, ratio_m, ridge = case
    sources = (
        ct.Source(round(0.75 * ratio_n * d), 0.2 + grid, 0.3),
        ct.Source(round(0.25 * ratio_n * d), 1.5 - grid, 0.2, 0.6, 0.5),
    )
    return ct.Problem(sources, 1.0, ridge, None if ratio_m is None else round(ratio_m * d))


FAMILIES = [(2, None, 0.05), (0.8, None, 0.02), (2, 0.5, 0.05), (1.2, 2, 0.05), (0.8, 0.8, 0.1)]


@pytest.mark.parametrize("case", FAMILIES)
def test_theory_up_to_a_finite_size_term(case):
    # Richardson: 2 R(2d) - R(d) is free of the 1/d term, and off by O(1/d^2) only.
    d = 40
    small, large = family(d, case), family(2 * d, case)
    estimates = [simulate(small, 2000, key=1), simulate(large, 1000, key=2)]
    gaps = [parts(e.mean) - parts(ct.predict(p)) for e, p in zip(estimates, (small, large), strict=True)]
    errors = [parts(e.stderr) for e in estimates]
    left = np.abs(2 * gaps[1] - gaps[0])
    spread = np.hypot(2 * errors[1], errors[0])
    assert (left < ALARM * spread + 10 / d**2 * parts(ct.predict(small))).all()


def test_finite_size_term_shrinks_like_one_over_d():
    sizes = np.array([15, 30, 60])
    gaps, errors = [], []
    for d in sizes:
        problem = family(int(d), (2, 0.5, 0.05))
        estimate = simulate(problem, 5000, key=int(d))
        predicted = ct.predict(problem).total
        gaps.append(abs(float(estimate.mean.total / predicted) - 1))
        errors.append(float(estimate.stderr.total / predicted))
    relative = np.array(errors) / gaps
    assert relative.max() < 0.2  # the term is resolved at every size
    slope, _ = np.polyfit(np.log(sizes), np.log(gaps), 1, w=1 / relative)
    # Weighted least squares for a line: the slope's own standard error.
    x = np.log(sizes)
    weights = relative**-2
    centred = x - np.average(x, weights=weights)
    slope_error = (weights @ centred**2) ** -0.5
    print(f"finite-size slope {slope:.3f} +- {slope_error:.3f}, gaps {gaps}")
    assert abs(slope + 1) < ALARM * slope_error + 2 / sizes[0]


@pytest.mark.parametrize("entries", ["rademacher", "student-t", features.student_t(20.0)])
@pytest.mark.parametrize("ratio", [None, 0.5])
def test_universality(entries, ratio):
    # Fourth moments enter at order 1/d: measured at two sizes, that term is taken out as above.
    # What is left was measured too: at d = 20, 40, 80 the relative gap is c / d, c = -0.3 ... 3.4 with
    # the law of the entries, and c changes by 6 / d at most, of which Richardson leaves half.
    d, gaps, errors = 20, [], []
    for size in (d, 2 * d):
        problem = ct.real_and_synthetic(
            n=2 * size,
            synthetic_fraction=0.25,
            covariance=0.2 + (np.arange(size) + 0.5) / size,
            quality=0.5,
            noise=0.2,
            ridge=0.05,
            width=None if ratio is None else round(ratio * size),
        )
        estimate, expected = simulate(problem, 1000, key=size, features=entries), ct.predict(problem)
        gaps.append(parts(estimate.mean) / parts(expected) - 1)
        errors.append(parts(estimate.stderr) / parts(expected))
    spread = np.hypot(2 * errors[1], errors[0])
    assert (np.abs(2 * gaps[1] - gaps[0]) < ALARM * spread + 3 / d**2).all()
