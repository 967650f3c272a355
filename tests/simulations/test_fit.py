"""Fitted power laws: known parameters with honest error bars, theory's exponents, refusals."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from collapse_theory.scaling import scaling_exponents, source_condition
from simulations.fit import fit_power_law
from tests.problems import ALARM

N = np.geomspace(30, 3e5, 12)
REPLICAS = 200


def replicas(amplitude, exponent, floor, relative):
    rng = np.random.default_rng(0)
    exact = floor + amplitude * N**-exponent
    stderr = relative * exact
    noisy = exact + stderr * rng.normal(size=(REPLICAS, N.size))
    return [fit_power_law(N, error, stderr) for error in noisy]


@pytest.mark.parametrize(
    ("amplitude", "exponent", "floor", "relative"),
    [
        (2.0, 0.6, 0.01, 0.02),
        (1e-4, 1.2, 1e-9, 0.02),  # nothing is of order one
        (5.0, 0.05, 1.7, 1e-3),  # as of a language model: almost flat
    ],
)
def test_known_parameters_are_recovered(amplitude, exponent, floor, relative):
    fits = replicas(amplitude, exponent, floor, relative)
    true = np.array([exponent, np.log(amplitude), floor])
    fitted = np.array([[f.exponent.value, np.log(f.amplitude.value), f.floor.value] for f in fits])
    # d log A = dA / A
    stderr = np.array(
        [[f.exponent.stderr, f.amplitude.stderr / f.amplitude.value, f.floor.stderr] for f in fits]
    )
    z = (fitted - true) / stderr
    assert (np.abs(z) < ALARM).all()
    # 95% of a binomial of 200 is 190 +- 3.1.
    covered = (np.abs(z) < 1.96).sum(axis=0)
    assert (np.abs(covered - 0.95 * REPLICAS) < ALARM * np.sqrt(0.95 * 0.05 * REPLICAS)).all()
    # The mean of chi^2 / dof over the replicas is 1 +- sqrt(2 / (dof replicas)).
    dof = N.size - 3
    assert abs(np.mean([f.chi2 for f in fits]) - 1) < ALARM * np.sqrt(2 / (dof * REPLICAS))
    assert all(f.has_plateau for f in fits)


def test_a_plateau_that_is_not_there_is_not_resolved():
    fits = replicas(2.0, 0.4, 0.0, 0.02)
    z = [(f.exponent.value - 0.4) / f.exponent.stderr for f in fits]
    assert np.abs(z).max() < ALARM
    # One-sided chance of two standard errors: 2.3%.
    false = sum(f.has_plateau for f in fits)
    assert false < 0.023 * REPLICAS + ALARM * np.sqrt(0.023 * REPLICAS)
    unresolved = next(f for f in fits if not f.has_plateau)
    highest = unresolved.floor.value + 2 * unresolved.floor.stderr
    assert f"no plateau resolved (floor below {highest:.2g})" in str(unresolved)
    assert unresolved.floor.value >= 0


def test_exponents_of_the_theory():
    covariance = jnp.arange(1, 100_001.0) ** -3.0

    @jax.jit
    def errors(n, source):
        signal = source_condition(covariance, source)
        problem = lambda n: ct.Problem([ct.Source(n, covariance)], signal, 0.0)  # noqa: E731
        return jax.lax.map(lambda n: ct.predict(problem(n)).total, n)

    for source in (2.5, 9.0):  # a rough and a smooth signal, without noise or ridge
        gaps = []
        for n in (np.geomspace(10, 100, 8), np.geomspace(100, 1000, 8)):
            error = np.array(errors(n, source))
            fit = fit_power_law(n, error, 0.01 * error, floor=False)
            gaps.append(abs(fit.exponent.value - scaling_exponents(3.0, source).ridgeless))
        # Corrections to the law are of relative size 1 / n; the spectrum ends far beyond.
        assert gaps[1] < 0.12 * gaps[0]
        assert fit.chi2 < 1


def test_the_law_and_its_sentence():
    fit = fit_power_law(N, 2 * N**-0.5 + 0.1, np.full(N.size, 1e-3))
    np.testing.assert_allclose(fit(N), 2 * N**-0.5 + 0.1, rtol=1e-6)
    assert str(fit).startswith("exponent 0.5 ± ")
    assert ", floor 0.1 ± " in str(fit)
    assert str(fit).endswith("chi^2 / dof = 0.00 (12 points)")
    without = fit_power_law(N, 2 * N**-0.5 + 0.1, np.full(N.size, 1e-3), floor=False)
    assert without.chi2 > 10  # the wrong law says so
    assert "floor" not in str(without)


@pytest.mark.parametrize(
    ("error", "floor", "reason"),
    [
        (N**0.2, True, "they do not fall with n"),
        (1 + 0.01 * np.cos(np.arange(12.0)), True, "fewer than two stand above the floor"),
        (1 + np.eye(12)[0], True, "fewer than two stand above the floor"),
    ],
)
def test_points_that_determine_nothing(error, floor, reason):
    with pytest.raises(ArithmeticError, match=f"the points do not determine a power law: .*{reason}"):
        fit_power_law(N, error, np.full(12, 0.01), floor=floor)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((N[:3], N[:3], N[:3]), "n = 3 different sizes: expected more than the 3 parameters fitted"),
        ((np.ones(5), np.ones(5), np.ones(5)), "n = 1 different sizes: expected more than"),
        ((N, N[:4], N), r"error = an array of shape \(4,\): expected a vector as long as n"),
        ((N, N, [1.0] * 11 + [0.0]), "stderr = 0: expected numbers > 0"),
        ((-N, N, N), "n = -30: expected numbers > 0"),
        ((N, np.nan * N, N), "error = nan: expected finite numbers"),
    ],
)
def test_argument_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        fit_power_law(*arguments)
