"""An entry that stands for many directions, against the same directions written out."""

import jax
import numpy as np
import pytest

import collapse_theory as ct
from tests.problems import parts

COUNTS = np.array([1, 2, 3, 6])
LARGE, OTHER = np.array([3.0, 1.0, 0.5, 0.0]), np.array([0.2, 1.5, 0.3, 0.7])
SIGNAL, SHIFT, TEST = np.array([0.5, 1.0, 0.1, 2.0]), np.array([0.1, 0.0, 0.3, 0.2]), OTHER[::-1]


def problem(written_out, *, n, width=None, ridge=0.1, second=OTHER, moments=False, scalar=False):
    def along(vector):
        return np.repeat(vector, COUNTS, axis=-1) if written_out else vector

    C = None
    if moments:
        factors = np.random.default_rng(0).normal(size=(4, 2, 2))
        C = along(np.einsum("iaj,ibj->abi", factors, factors))
    shift = 0.3 if scalar else 0.0 if moments else along(SHIFT)
    sources = (
        ct.Source(0.6 * n, along(LARGE), 0.3),
        ct.Source(0.4 * n, along(second), 0.2, shift, 1.5),
    )
    signal = None if moments else 1.0 if scalar else along(SIGNAL)
    counts = None if written_out else COUNTS
    return ct.Problem(sources, signal, ridge, width, along(TEST), C, counts)


SETTINGS = {
    "classical": {"n": 30.0},
    "n < d, no ridge": {"n": 5.0, "ridge": 0.0},
    "narrow": {"n": 30.0, "width": 5.0},
    "narrow, no ridge, one Sigma": {"n": 20.0, "width": 4.0, "ridge": 0.0, "second": LARGE},
    "wide, tiny ridge": {"n": 30.0, "width": 20.0, "ridge": 1e-9},
    "square, no ridge": {"n": 30.0, "width": 12.0, "ridge": 0.0},
    "threshold": {"n": 12.0, "ridge": 0.0},
    "moments": {"n": 30.0, "width": 5.0, "moments": True},
    "scalars": {"n": 30.0, "width": 5.0, "scalar": True},
}


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_the_risk_is_that_of_the_directions_written_out(setting):
    few, all_of_them = problem(False, **setting), problem(True, **setting)
    np.testing.assert_allclose(parts(ct.predict(few)), parts(ct.predict(all_of_them)), rtol=1e-12)


def test_the_spread_knows_no_multiplicities():
    """It is quadratic in the signal: a mean over equal eigenvalues is not enough."""
    with pytest.raises(ValueError, match=r"multiplicities = .*: expected None"):
        ct.spread(problem(False, **SETTINGS["classical"]))


def test_correlated_labels_count_directions():
    few, all_of_them = (problem(written_out, **SETTINGS["moments"]) for written_out in (False, True))
    terms = [parts(ct.finite_size(p, kurtosis=3.0)) for p in (few, all_of_them)]
    np.testing.assert_allclose(*terms, rtol=1e-9)


NUMBERS = {
    "term": lambda p: parts(ct.finite_size(p)),
    "free energy": lambda p: parts(ct.risk_from_free_energy(p)),
    "training": ct.training_error,
    "diagnosis": lambda p: np.hstack(jax.tree.leaves(ct.diagnose(p))[:6]),
    "plateau": lambda p: parts(ct.plateau(p)),
    "accumulate": lambda p: parts(ct.accumulate(p, 3)),
    "generations": lambda p: parts(ct.generations(p, 3)),
    "break-even": lambda p: ct.break_even(p, 2),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_everything_else_counts_directions(name):
    few, all_of_them = (problem(written_out, **SETTINGS["narrow"]) for written_out in (False, True))
    np.testing.assert_allclose(NUMBERS[name](few), NUMBERS[name](all_of_them), rtol=1e-9)


def test_a_mixture_keeps_its_multiplicities():
    few, all_of_them = (
        ct.mixture(problem(written_out, n=20.0, second=LARGE), ((1, 2),))
        for written_out in (False, True)
    )
    np.testing.assert_allclose(few.disagreement, all_of_them.disagreement, rtol=1e-12)
    np.testing.assert_allclose(
        parts(ct.predict(few.problem)), parts(ct.predict(all_of_them.problem)), rtol=1e-12
    )


def test_isotropic_features_are_one_number():
    """The exact limit without a ridge: sigma^2 d / (n - d)."""
    flat = ct.Problem((ct.Source(2e12, 1.0, 0.5),), 1.0, 0.0, multiplicities=[1e12])
    assert flat.dimension == 1e12
    assert flat.entries == 1
    np.testing.assert_allclose(ct.predict(flat).variance, 0.5, rtol=1e-13)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"multiplicities": [1.0, 0.0]}, "multiplicities = .*: expected a vector of numbers > 0"),
        ({"multiplicities": 3.0}, "multiplicities = .*: expected a vector"),
        ({"multiplicities": [1.0, 2.0, 3.0]}, "multiplicities = .*: expected dimension d = 2"),
        ({"signal": np.eye(2)}, "signal = .*: expected a vector or a number, as multiplicities"),
    ],
)
def test_what_multiplicities_cannot_be(change, message):
    arguments = {"signal": 1.0, "ridge": 0.1, "multiplicities": [1.0, 2.0]} | change
    with pytest.raises(ValueError, match=message):
        ct.Problem((ct.Source(10.0, [1.0, 0.5]),), **arguments)
