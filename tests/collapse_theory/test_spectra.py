"""Spectra have the eigenvalues they are named after."""

import math

import numpy as np
import pytest

from collapse_theory import spectra


def test_means_are_one():
    for spectrum in (spectra.isotropic(7), spectra.power_law(7, 1.3), spectra.spiked(7, [9.0, 20.0])):
        assert spectrum.mean() == pytest.approx(1, rel=1e-14)
        assert (np.diff(spectrum) <= 0).all()


def test_shapes_of_the_spectra():
    power = np.array(spectra.power_law(100, 1.5))
    assert power[9] / power[99] == pytest.approx(10**1.5, rel=1e-12)
    spiked = np.array(spectra.spiked(4, [3.0, 5.0]))
    np.testing.assert_allclose(spiked / spiked[-1], [5, 3, 1, 1], rtol=1e-14)


def test_from_data_rebuilds_the_covariance():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(50, 6)) * np.arange(1.0, 7) + 3
    rows[:, 2] = 1.0  # a feature that never varies
    eigenvalues, basis = spectra.from_data(rows)
    np.testing.assert_allclose(
        basis @ np.diag(eigenvalues) @ basis.T, np.cov(rows.T, bias=True), atol=1e-12
    )
    assert eigenvalues[-1] == 0
    raw, basis = spectra.from_data(rows, center=False)
    np.testing.assert_allclose(basis @ np.diag(raw) @ basis.T, rows.T @ rows / 50, rtol=1e-10)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: spectra.isotropic(0), "d = 0: expected a whole number >= 1"),
        (lambda: spectra.isotropic(2.5), "d = 2.5: expected a whole number"),
        (lambda: spectra.power_law(3, -1.0), "exponent = -1: expected a number >= 0"),
        (
            lambda: spectra.spiked(1, [2.0, 3.0]),
            "spikes = a list of 2: expected a list of at most d = 1",
        ),
        (lambda: spectra.spiked(3, [-2.0]), "spikes = .*: expected"),
        (lambda: spectra.from_data(np.ones(3)), "rows = an array of shape"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_long_power_law_is_the_power_law(monkeypatch):
    """By quadrature beyond the first N eigenvalues; the next term is 1/24 of N^-2."""
    monkeypatch.setattr(spectra, "COUNTED", 20_000)
    d = 300_000
    for exponent in (0.3, 1.0, 2.0):
        whole = np.asarray(spectra.power_law(d, exponent))
        eigenvalues, counts = spectra.long_power_law(d, exponent)
        assert len(eigenvalues) < 400
        for kappa in (1e-6, 1e-2, 10.0):
            expected = np.sum(whole / (whole + kappa))
            np.testing.assert_allclose(
                counts @ (eigenvalues / (eigenvalues + kappa)), expected, rtol=1e-10
            )


def test_an_endless_power_law_is_the_limit_of_long_ones():
    endless, counts = spectra.long_power_law(math.inf, 2.0)
    assert float(endless @ counts) == pytest.approx(1.0, rel=1e-13)
    # sum_j 1 / (1 + k j^2) = (r coth r - 1) / 2, r = pi / sqrt k; here k is times pi^2 / 6, the trace.
    k = 1e-6
    root = math.pi / math.sqrt(k * math.pi**2 / 6)
    expected = (root / math.tanh(root) - 1) / 2
    assert float(counts @ (endless / (endless + k))) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("d", "exponent"), [(math.inf, 1.0), (2.5, 1.0), (0, 1.0), (1e13, 1.0), ("many", 1.0)]
)
def test_lengths_that_no_power_law_has(d, exponent):
    with pytest.raises(ValueError, match="d = "):
        spectra.long_power_law(d, exponent)


def test_tolerances_of_long_power_laws():
    with pytest.raises(ValueError, match=r"tolerance = 0: expected a number > 0, at most 0.1"):
        spectra.long_power_law(100, 1.0, tolerance=0)
