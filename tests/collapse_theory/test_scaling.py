"""Predicted exponents against long power-law spectra."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from collapse_theory.plateau import at_size
from collapse_theory.scaling import scaling_exponents, source_condition
from tests.problems import parts

D = 100_000
# Smooth and rough signals; alpha = 1.5 would see the end of the spectrum from n = 1000 on.
CASES = [(2.0, 2.0), (3.0, 2.5), (2.0, 6.0)]
# With p_2 = 1/2 the noise of mixing, p_1 p_2 u, has no large factor over the plateau p_2^2.
P2, C2, NOISE = 0.5, 1.0, 1.0


@jax.jit
def curve(capacity, source, ridge, ridge_exponent, sizes):
    """The parts (sizes, 3) and their local slopes against log n."""
    covariance = jnp.arange(1, D + 1.0) ** -capacity
    problem = ct.real_and_synthetic(
        n=1.0,
        synthetic_fraction=P2,
        covariance=covariance,
        signal=source_condition(covariance, source),
        quality=source_condition(covariance, 2.0, C2),
        noise=NOISE,
        ridge=ridge,
    )

    def at(log_n):
        risk = ct.predict(at_size(problem, jnp.exp(log_n), ridge_exponent))
        return jnp.stack([risk.bias, risk.variance, risk.zeta])

    def value_and_slope(log_n):
        value, change = jax.jvp(at, (log_n,), (1.0,))
        return value, change / value

    return jax.lax.map(value_and_slope, jnp.log(sizes))


@pytest.mark.parametrize(("capacity", "source"), CASES)
def test_without_a_ridge(capacity, source):
    expected = scaling_exponents(capacity, source)
    values, slopes = curve(capacity, source, 0.0, 0.0, jnp.array([10.0, 100.0]))
    zeta = (P2**2 + expected.noise_gain * P2 * (1 - P2)) * C2
    found = [-slopes[:, 0], values[:, 1], values[:, 2]]
    wanted = [expected.ridgeless, expected.noise_gain * NOISE, zeta]
    gaps = np.array([f / w - 1 for f, w in zip(found, wanted, strict=True)])
    # df1 = C kappa^(-1/alpha) - 1/2: corrections of relative size 1 / n, and the end of the spectrum.
    assert (np.abs(gaps[:, 1]) < 0.15 * np.abs(gaps[:, 0]) + 2e-3).all(), gaps


@pytest.mark.parametrize(("capacity", "source"), CASES)
def test_with_the_best_ridge(capacity, source):
    expected = scaling_exponents(capacity, source)
    sizes = jnp.array([1e2, 1e4])
    values, slopes = curve(capacity, source, 1.0, expected.ridge_exponent, sizes)
    gaps = np.array([-slopes[:, 0], -slopes[:, 1]]) / expected.best - 1
    zeta = values[:, 2] / (P2**2 * C2) - 1
    # Corrections of relative size u ~ n^-r and kappa^(1/alpha) ~ n^-(1 - r); next orders: up to half.
    shrink = 100 ** -min(float(expected.best), 1 - float(expected.best))
    for gap in (*gaps, zeta):
        assert abs(gap[1]) < 1.5 * shrink * abs(gap[0]), gaps


def test_the_best_ridge_is_the_best():
    capacity, source = CASES[0]
    exponents = scaling_exponents(capacity, source)
    clean = []
    for change in (-0.2, 0.0, 0.2):
        _, slopes = curve(
            capacity, source, 1.0, exponents.ridge_exponent + change, jnp.array([1e4, 1e5])
        )
        clean.append(slopes[0, :2].max())  # the part that falls more slowly decides
    assert min(clean) == clean[1]


def test_a_source_condition_has_its_exponent_and_its_trace():
    covariance = ct.spectra.power_law(50, 1.3)
    product = np.array(covariance * source_condition(covariance, 2.5, 0.7))
    assert product.sum() == pytest.approx(0.7, rel=1e-13)
    assert product[4] / product[39] == pytest.approx(8**2.5, rel=1e-12)
    with pytest.raises(ValueError, match=r"covariance = .*: expected a vector of eigenvalues > 0"):
        source_condition(jnp.array([1.0, 0.0]), 2.0)
    with pytest.raises(ValueError, match="capacity = 1: expected a number > 1"):
        scaling_exponents(1.0, 2.0)


def test_size_keeps_the_mixture():
    problem = ct.real_and_synthetic(
        n=80.0,
        synthetic_fraction=0.25,
        covariance=ct.spectra.isotropic(10),
        quality=0.5,
        noise=0.1,
        ridge=0.3,
    )
    grown = at_size(problem, 160, ridge_exponent=1.0)
    assert [float(source.n) for source in grown.sources] == [120, 40]
    assert grown.ridge == 0.15
    np.testing.assert_array_equal(parts(ct.predict(at_size(problem, 80.0))), parts(ct.predict(problem)))
    with pytest.raises(ValueError, match="n = 0: expected a number > 0"):
        at_size(problem, 0)
