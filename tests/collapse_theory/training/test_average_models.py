"""Averages of models in closed form: two models, best weights, independent routes, bad input."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from tests.collapse_theory.training.test_two_stage import D, rotated, setting
from tests.problems import PARTS, parts, replace


def test_two_models_in_closed_form():
    # Section 11: one covariance, real labels, models of kappa_1 and kappa_2.
    Sigma, Gamma, ridges, sizes = np.linspace(0.3, 2, D), np.linspace(0.1, 0.4, D), (0.1, 0.4), (14, 20)
    sources = tuple(ct.Source(n, Sigma, 0.5) for n in sizes)
    problem = ct.Problem(sources, Gamma, 0.0)
    models = [ct.Problem((s,), Gamma, r) for s, r in zip(sources, ridges, strict=True)]
    k, l = (float(ct.diagnose(model).kappa) for model in models)
    cross = np.sum(Gamma * Sigma * k * l / (Sigma + k) / (Sigma + l))
    a = 0.3
    expected = a**2 * ct.predict(models[0]).total + (1 - a) ** 2 * ct.predict(models[1]).total
    expected += 2 * a * (1 - a) * cross
    average = ct.average_models(problem, ridges, (a, 1 - a))
    np.testing.assert_allclose(average.risk.total, expected, rtol=1e-10)
    np.testing.assert_allclose(average.products.total[0, 1], cross, rtol=1e-10)


@pytest.mark.parametrize("width", [None, 7.0])
def test_the_best_weights_are_best(width):
    problem = setting(width=width)
    shares = np.array([[0.6, 0.0], [0.2, 0.3], [0.1, 0.7]])
    best = ct.average_models(problem, (0.1, 0.2, 0.3), shares=shares)
    np.testing.assert_allclose(best.weights.sum(), 1)
    products = np.asarray(best.products.total)
    pulls = products @ best.weights
    np.testing.assert_allclose(pulls, best.risk.total, rtol=1e-9)
    assert best.risk.total <= np.diagonal(products).min()
    for i in range(3):
        n = [s.n * share for s, share in zip(problem.sources, shares[i], strict=True)]
        sources = tuple(replace(s, n=m) for s, m in zip(problem.sources, n, strict=True))
        alone = ct.predict(replace(problem, sources=sources, ridge=jnp.array([0.1, 0.2, 0.3][i])))
        diagonal = [np.asarray(getattr(best.products, part))[i, i] for part in PARTS]
        np.testing.assert_allclose(diagonal, parts(alone), rtol=1e-9)


def test_a_model_without_data_is_the_null_model():
    problem = setting()
    average = ct.average_models(problem, 2 * (0.2,), (0.4, 0.6), np.array([[0.0, 0.0], [1.0, 0.0]]))
    size = np.sum(problem.signal * problem.test_covariance)
    np.testing.assert_allclose(average.products.bias[0, 0], size, rtol=1e-10)
    # Against the other only the mean of that one counts: what it does not learn.
    alone = replace(problem, sources=problem.sources[:1], ridge=jnp.array(0.2))
    kappa = ct.diagnose(alone).kappa
    left = kappa / (problem.sources[0].covariance + kappa)
    expected = np.sum(problem.signal * problem.test_covariance * left)
    np.testing.assert_allclose(average.products.bias[0, 1], expected, rtol=1e-10)


def test_dense_is_diagonal_in_a_rotated_basis():
    problem = setting()
    expected = ct.average_models(problem, (0.3, 0.0)).products
    turned = ct.average_models(rotated(problem), (0.3, 0.0)).products
    for name in PARTS:
        ours, theirs = getattr(turned, name), getattr(expected, name)
        np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-13)


def test_projections_of_their_own_are_an_ensemble():
    # The more of S differs, the less of its fluctuation is left in the average.
    problem = setting()
    one = ct.average_models(problem, weights=(0.5, 0.5))
    each = ct.average_models(problem, weights=(0.5, 0.5), one_projection=False)
    assert each.risk.bias < one.risk.bias
    np.testing.assert_allclose(each.products.variance, one.products.variance)
    wide = replace(problem, width=jnp.array(1e9), ridge=problem.ridge * 1e9 / D)
    pair = [ct.average_models(wide, one_projection=one).risk for one in (True, False)]
    classical = ct.average_models(replace(problem, width=None)).risk
    for risk in pair:
        np.testing.assert_allclose(parts(risk), parts(classical), rtol=1e-6)


def test_infinite_risks_get_no_weight_and_equal_models_equal_ones():
    problem = setting(width=None)
    first, second = problem.sources
    at = replace(problem, sources=(first, replace(second, n=jnp.array(float(D)))))
    average = ct.average_models(at, (0.1, 0.0))
    np.testing.assert_array_equal(average.weights, [1.0, 0.0])
    np.testing.assert_allclose(average.risk.total, average.products.total[0, 0], rtol=1e-12)
    assert np.isinf(average.products.total[1, 1])
    perfect = ct.Problem((ct.Source(20, np.ones(5)), ct.Source(20, np.ones(5))), 1.0, 0.0)
    np.testing.assert_allclose(ct.average_models(perfect).weights, 0.5)


def test_gradients():
    problem = setting()

    def total(ridges):
        return ct.average_models(problem, ridges, (0.4, 0.6)).risk.total

    at, step = jnp.array([0.2, 0.3]), 1e-4
    slope = jax.grad(total)(at)
    for i in range(2):
        move = step * jnp.eye(2)[i]
        difference = (total(at + move) - total(at - move)) / (2 * step)
        np.testing.assert_allclose(slope[i], difference, rtol=1e-6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weights": (0.5, 0.6)}, "weights = .*: expected 2 numbers that add up to 1"),
        ({"ridges": (0.5,)}, "ridges = .*: expected 2 numbers >= 0"),
        ({"shares": ((0.5, 1.0), (0.6, 0.0))}, "shares = .*: expected columns that add up to at most 1"),
        ({"shares": (0.5, 1.0)}, r"shares = an array of shape \(2,\): expected shares"),
    ],
)
def test_bad_input(changes, message):
    with pytest.raises(ValueError, match=message):
        ct.average_models(setting(), **changes)
