"""Rank, samples and width, which is smallest, and the interpolation threshold."""

import equinox as eqx
import numpy as np
import pytest

import collapse_theory as ct
from collapse_theory.equivalent import stack
from collapse_theory.equivalent.axes import principal_axes
from collapse_theory.equivalent.regime import regime

SPECTRUM = np.array([1.0, 0.5, 0.2, 0.1, 0.0])  # rank 4


def limit(n, width, ridge, dense=False):
    basis = np.linalg.qr(np.random.default_rng(0).normal(size=(5, 5)))[0]
    covariance = (basis * SPECTRUM) @ basis.T if dense else SPECTRUM
    sources = (ct.Source(n, covariance), ct.Source(3, covariance, weight=0.0))
    return regime_of(ct.Problem(sources, 1.0, ridge, width))


@eqx.filter_jit
def regime_of(problem):
    return regime(principal_axes(stack(problem)).model)


@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize(
    ("n", "width", "ridge", "flags"),
    [
        (9, None, 0.0, ""),
        (9, 7.0, 0.0, ""),
        (9, 4.0, 0.0, "square"),
        (9, 4.0, 0.1, ""),
        (2, None, 0.0, "by_samples"),
        (2, 3.0, 0.1, "by_samples"),
        (9, 3.0, 0.0, "by_width"),
        (4, None, 0.0, "at_threshold"),
        (4, None, 0.1, "by_samples"),
        (4 * (1 + 1e-15), 9.0, 0.0, "at_threshold"),
        (3, 3.0, 0.0, "at_threshold by_samples"),
        (3, 3.0, 0.1, "by_samples"),
    ],
)
def test_what_limits_the_fit(n, width, ridge, flags, dense):
    found = limit(n, width, ridge, dense)
    names = ("by_samples", "by_width", "at_threshold", "square")
    assert {name for name in names if getattr(found, name)} == set(flags.split())
    assert found.rank == 4
    assert found.samples == pytest.approx(n)  # the source without weight does not count
    assert found.parameters == min(4, width or np.inf)
    assert found.null.sum() == 1
