"""Sums of ridge fits: against `predict` and its derivatives, each other, and bases and batches."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from collapse_theory.training.spectral_filter import filtered_with_status
from tests.problems import PARTS, parts, random_problem, replace

RELATIVE = 1e-10
TIMES = [0.3, 20.0, 500.0]  # three in every test: one program


def values(risk):
    return np.stack([np.asarray(getattr(risk, part)) for part in PARTS])


@pytest.mark.parametrize("power", [1, 3, 12, 100])
def test_filters_around_a_ridge(power):
    """Whether powers of what is left or of what is learnt: both are no larger than 1."""
    x = np.array([0.0, 1e-6, 0.01, 0.7, 3.0, 1e5])
    u = 0.7 / (x + 0.7)
    for residual in (lambda u: u**power, lambda u: 1 - (1 - u) ** power):
        filter = ct.SpectralFilter.around(0.7, residual, power)
        left = [float(filter.residual(jnp.array(value))) for value in x]
        np.testing.assert_allclose(left, residual(u), 0, 1e-13)


@pytest.mark.parametrize("diagonal", [True, False])
def test_one_ridge_is_predict(diagonal):
    rng = np.random.default_rng(1)
    for width in (None, 11.0):
        problem = random_problem(rng, sources=2, diagonal=diagonal, width=width)
        expected = parts(ct.predict(problem))
        filter = ct.SpectralFilter.around(problem.ridge, lambda u: u, 3)
        np.testing.assert_allclose(
            values(ct.spectral_filter(problem, filter)), expected, RELATIVE, 1e-13
        )


@pytest.mark.parametrize("width", [None, 25.0])
def test_products_of_two_fits_are_derivatives_of_one(width):
    """A student of the teacher's labels alone errs by w_T - w_1 + d w_T / d log lambda.

    So the cross product C is R + (1/2) dR / d log lambda, of which `predict` knows everything: a student
    helps to first order unless R is stationary (the exception to arXiv 2602.17565).
    """
    problem = random_problem(np.random.default_rng(2), sources=2, width=width, ridge=0.3)
    distillation = ct.best_distillation(problem)
    slope = jax.jacfwd(lambda log: values_of(replace(problem, ridge=jnp.exp(log))))(jnp.log(0.3))
    R, C = parts(distillation.teacher), parts(distillation.cross)
    np.testing.assert_allclose(C - R, np.asarray(slope) / 2, 1e-9, 1e-12)


def values_of(problem):
    risk = ct.predict(problem)
    return jnp.stack([risk.bias, risk.variance, risk.zeta])


def test_no_gain_where_the_ridge_is_best():
    problem = ct.Problem((ct.Source(40, np.ones(17), 0.7),), 1.0, 0.3)
    best = ct.best(lambda ridge: replace(problem, ridge=ridge), ridge=(1e-3, 100))
    at_best = ct.best_distillation(replace(problem, ridge=best.arguments["ridge"]))
    elsewhere = ct.best_distillation(problem)
    assert abs(float(at_best.mix)) < 1e-6
    assert at_best.best.total == pytest.approx(float(at_best.teacher.total), rel=1e-12)
    # Isotropic features are learnt at one rate: no mix beats the best ridge, and the best mix reaches it
    # only through the spread of the sample's eigenvalues.
    assert best.risk.total < elsewhere.best.total < elsewhere.teacher.total


def test_best_mix_is_best():
    problem = random_problem(np.random.default_rng(5), sources=2, ridge=0.05)
    best = ct.best_distillation(problem)
    around = ct.self_distillation(problem, float(best.mix)).total[1]
    assert around == pytest.approx(float(best.best.total), rel=1e-9)
    for mix in (best.mix - 0.1, best.mix + 0.1, 0.0, 1.0):
        assert ct.self_distillation(problem, float(mix)).total[1] > best.best.total


@pytest.mark.parametrize("width", [None, 25.0])
def test_ends_of_gradient_flow(width):
    problem = random_problem(np.random.default_rng(3), sources=2, width=width)
    risk = ct.gradient_flow(problem, [0.0, 1e-9, 1e9])
    truth = float(np.sum(np.asarray(problem.test_covariance) * np.asarray(problem.signal)))
    np.testing.assert_allclose(values(risk)[:, 0], [truth, 0, 0], 1e-14)
    np.testing.assert_allclose(values(risk)[:, 1], [truth, 0, 0], 1e-7, 1e-7)
    end = parts(ct.predict(replace(problem, ridge=jnp.array(0.0))))
    np.testing.assert_allclose(values(risk)[:, 2], end, 1e-6, 1e-9)


def test_averaged_flow_of_one_direction():
    """Endless data: w_hat - w_1 is left by the filter alone."""
    covariance = np.array([2.0, 0.3])
    problem = ct.Problem((ct.Source(1e13, covariance, 1.0),), np.array([0.4, 0.7]), 0.0)
    times = np.array([0.2, 3.0, 50.0])
    y = times[:, None] * covariance
    for averaged, left in ((False, np.exp(-y)), (True, -np.expm1(-y) / y)):
        bias = np.sum(covariance * np.array([0.4, 0.7]) * left**2, axis=1)
        measured = ct.gradient_flow(problem, times, averaged=averaged)
        np.testing.assert_allclose(measured.bias, bias, 1e-9, 1e-12)


def test_iterated_ridge():
    problem = random_problem(np.random.default_rng(4), sources=2, width=25.0, ridge=0.2)
    rounds = values(ct.iterated_ridge(problem, 3))
    np.testing.assert_allclose(rounds[:, 0], parts(ct.predict(problem)), RELATIVE)
    # Pure self-distillation leaves u + (1 - u) u after one round, and two rounds of ridge leave u^2.
    assert rounds[1, 0] < rounds[1, 1] < rounds[1, 2]  # variance
    # Many rounds of a large ridge are gradient flow.
    many = values(ct.iterated_ridge(replace(problem, ridge=jnp.array(300.0)), 30))[:, -1]
    np.testing.assert_allclose(many, values(ct.gradient_flow(problem, 0.1)), 0.03)


def test_one_basis_or_another():
    """Diagonal covariances, and the same as matrices in a rotated basis."""
    rng = np.random.default_rng(6)
    problem = random_problem(rng, sources=2, diagonal=True, width=25.0)
    Q = np.linalg.qr(rng.normal(size=(17, 17)))[0]

    def turn(matrix):
        return matrix if np.ndim(matrix) == 0 else jnp.asarray((Q * np.asarray(matrix)) @ Q.T)

    sources = tuple(
        replace(source, covariance=turn(source.covariance), shift=turn(source.shift))
        for source in problem.sources
    )
    fields = {name: turn(getattr(problem, name)) for name in ("signal", "test_covariance")}
    turned = replace(problem, sources=sources, **fields)
    flow = values(ct.gradient_flow(problem, TIMES))
    np.testing.assert_allclose(values(ct.gradient_flow(turned, TIMES)), flow, 1e-9)


def test_multiplicities_groups_and_moments_change_nothing():
    plain = ct.real_and_synthetic(
        n=60, synthetic_fraction=0.3, covariance=np.ones(17), quality=0.4, noise=0.5, ridge=0.1, width=30
    )
    expected = values(ct.gradient_flow(plain, TIMES))
    counted = ct.real_and_synthetic(
        n=60,
        synthetic_fraction=0.3,
        covariance=np.ones(1),
        quality=0.4,
        noise=0.5,
        ridge=0.1,
        width=30,
        multiplicities=np.array([17.0]),
    )
    np.testing.assert_allclose(values(ct.gradient_flow(counted, TIMES)), expected, 1e-11, 1e-13)
    for groups in (((0, 1),), ((0,), (1,))):
        filter = ct.SpectralFilter.flow(TIMES[1])
        alike = filtered_with_status(plain, filter, groups)[0]
        np.testing.assert_allclose(values(alike), expected[:, 1], 1e-11, 1e-13)
    signal, shift = np.full(17, 1 / 17), np.full(17, 0.4 / 17)
    moments = np.stack([np.stack([signal, signal]), np.stack([signal, signal + shift])])
    sources = tuple(replace(source, shift=jnp.array(0.0)) for source in plain.sources)
    by_moments = ct.Problem(sources, None, 0.1, 30.0, moments=moments)
    np.testing.assert_allclose(values(ct.gradient_flow(by_moments, TIMES)), expected, 1e-11, 1e-13)


def test_derivatives_and_batches():
    problem = random_problem(np.random.default_rng(7), sources=2, width=25.0)

    def total(time, ridge):
        flow, half = ct.SpectralFilter.flow(time), jnp.array([0.5 + 0j])
        ridges = jnp.concatenate([flow.ridges, (ridge + jnp.zeros(1)).astype(complex)])
        filter = ct.SpectralFilter(ridges, jnp.concatenate([half * flow.coefficients, half]))
        return ct.spectral_filter(problem, filter).total

    value = jax.jit(total)
    gradient = jax.jit(jax.grad(total, argnums=(0, 1)))(2.0, 0.3)
    for i, slope in enumerate(gradient):
        step = 1e-5 * np.eye(2)[i]
        difference = (value(2.0 + step[0], 0.3 + step[1]) - value(2.0 - step[0], 0.3 - step[1])) / 2e-5
        assert slope == pytest.approx(float(difference), rel=1e-6)
    times = np.array([0.1, 2.0])
    alone = [float(value(time, 0.3)) for time in times]
    np.testing.assert_allclose(jax.vmap(total, in_axes=(0, None))(times, 0.3), alone, 1e-12)


def test_best_time_to_stop():
    problem = random_problem(np.random.default_rng(8), sources=2)
    best = ct.best(lambda time: (problem, ct.SpectralFilter.flow(time)), time=(1e-2, 1e3))
    time = best.arguments["time"]
    around = ct.gradient_flow(problem, time * np.array([0.98, 1.0, 1.02])).total
    assert best.risk.total == pytest.approx(float(around[1]), rel=1e-12)
    assert around[1] < min(around[0], around[2])


BAD = {
    "ridges = [-1.+0.j]": lambda p: ct.SpectralFilter(-np.ones(1), np.ones(1)),
    "ridges = [1.-1.j]": lambda p: ct.SpectralFilter(np.array([1 - 1j]), np.ones(1)),
    "coefficients = shapes (2,) and (3,)": lambda p: ct.SpectralFilter(np.ones(2), np.ones(3)),
    "filter = 0.1: expected a SpectralFilter": lambda p: ct.spectral_filter(p, 0.1),
    "ridge = 0: expected a number > 0": lambda p: ct.SpectralFilter.ridge(0),
    "time = 0: expected a number > 0": lambda p: ct.SpectralFilter.flow(0),
    "times = [ 1. -1.]: expected numbers >= 0": lambda p: ct.gradient_flow(p, [1.0, -1.0]),
    "times = inf: expected numbers >= 0": lambda p: ct.gradient_flow(p, np.inf),
    "rounds = 0: expected a whole number >= 1": lambda p: ct.iterated_ridge(p, 0),
    "mix = nan": lambda p: ct.self_distillation(p, np.nan),
    "problem_of(...) = (1, 2)": lambda p: ct.best(lambda x: (1, 2), x=(0, 1)),
}


@pytest.mark.parametrize("message", BAD)
def test_errors(message):
    problem = random_problem(np.random.default_rng(9), sources=2)
    with pytest.raises(ValueError, match=re.escape(message)):
        BAD[message](problem)


@pytest.mark.parametrize("algorithm", ["iterated_ridge", "self_distillation"])
def test_without_a_ridge(algorithm):
    problem = random_problem(np.random.default_rng(9), sources=2, ridge=0.0)
    with pytest.raises(ValueError, match="ridge = 0: expected a number > 0"):
        getattr(ct, algorithm)(problem, 1)
