"""The best schedule: a case that is solved exactly, another search, what a budget is, errors."""

import jax
import numpy as np
import pytest
from scipy.optimize import minimize

import collapse_theory as ct

STEPS = 24


def one_feature(noise=0.5):
    """Real data alone decide where the budget covers every step."""
    sources = (ct.Source(1, np.array([0.7]), noise), ct.Source(1, np.array([0.7]), 0.1, 1.0))
    return ct.Problem(sources, 1.0, 0.0)


def greedy(noise=0.5, s=0.7):
    """In one dimension the best step is the best next step: the error is all that is handed on."""
    a, rates = 1.0 / s, []
    for _ in range(STEPS):
        # a <- a - 2 g s a + g^2 (3 s^2 a + noise s), least at
        rates.append(a / (3 * s * a + noise))
        a -= s * a * rates[-1]
    return np.array(rates), s * a


def test_one_feature_is_solved_exactly():
    best = ct.best_schedule(one_feature(), STEPS, STEPS)
    rates, risk = greedy()
    np.testing.assert_allclose(best.risk.total, risk, rtol=1e-6)
    np.testing.assert_allclose(best.learning_rates, rates, rtol=1e-2)
    np.testing.assert_allclose(best.synthetic_fractions, 0.0, atol=1e-3)


def test_its_derivative_is_that_of_the_least_risk():
    slope = jax.grad(lambda noise: ct.best_schedule(one_feature(noise), STEPS, STEPS).risk.total)(0.5)
    expected = (greedy(0.51)[1] - greedy(0.49)[1]) / 0.02
    np.testing.assert_allclose(slope, expected, rtol=1e-3)


def problem(noises=(1.0, 1.0), quality=0.2):
    Sigma = ct.spectra.power_law(6, 1.0)
    return ct.Problem(
        (ct.Source(1, Sigma, noises[0]), ct.Source(1, Sigma, noises[1], quality)), 1.0, 0.0
    )


@pytest.mark.parametrize("batch", [1, 4])
def test_no_worse_than_its_starts_or_another_search(batch):
    question, budget = problem(), batch * STEPS / 3
    best = ct.best_schedule(question, STEPS, budget, batch=batch)
    rates, fractions = np.asarray(best.learning_rates), np.asarray(best.synthetic_fractions)
    run = ct.one_pass_sgd(question, rates, fractions, batch=batch)
    for part in ("bias", "variance", "zeta", "total"):
        np.testing.assert_allclose(getattr(best.risk, part), getattr(run, part)[-1], rtol=1e-10)
    assert best.risk.total < best.real_last.total < best.mixed.total
    assert ((fractions >= 0) & (fractions <= 1)).all()
    assert batch * np.sum(1 - fractions) <= budget * (1 + 1e-9)

    @jax.jit
    @jax.value_and_grad
    def risk(x):
        return ct.one_pass_sgd(question, jax.numpy.exp(x[:STEPS]), x[STEPS:], batch=batch).total[-1]

    rng = np.random.default_rng(0)
    for _ in range(3):
        start = np.concatenate([rng.uniform(-5, -2, STEPS), 1 - rng.uniform(0, 2 / 3, STEPS)])
        other = minimize(
            lambda x: [np.asarray(value, dtype=float) for value in risk(x)],
            start,
            jac=True,
            method="SLSQP",
            bounds=[(-15, 1)] * STEPS + [(0, 1)] * STEPS,
            constraints={"type": "ineq", "fun": lambda x: budget / batch - np.sum(1 - x[STEPS:])},
            options={"maxiter": 500, "ftol": 1e-12},
        )
        # Both are local minima: which samples are real is nearly a choice of a subset.
        assert best.risk.total < 1.001 * other.fun


def test_real_data_come_last():
    best = ct.best_schedule(problem(), STEPS, STEPS / 3)
    fractions = np.asarray(best.synthetic_fractions)
    assert fractions[: STEPS // 2].min() > 0.9
    assert fractions[STEPS - STEPS // 3 : -1].max() < 0.1


def test_a_budget_need_not_be_spent():
    """Real labels that are noise, and synthetic ones that are the truth."""
    best = ct.best_schedule(problem((100.0, 0.0), quality=1e-6), STEPS, STEPS / 3)
    assert np.sum(1 - best.synthetic_fractions) < 0.1


THREE = ct.Problem([ct.Source(1, np.ones(2))] * 3, 1.0, 0.0)


@pytest.mark.parametrize(
    ("arguments", "settings", "message"),
    [
        ((THREE, 4, 1), {}, "sources = 3 sources: expected two"),
        ((problem(), 0, 1), {}, "steps = 0: expected a whole number >= 1"),
        ((problem(), 4, 1), {"iterations": 1.5}, "iterations = 1.5: expected a whole number >= 1"),
        ((problem(), 4, 9), {"batch": 2}, r"real_samples = 9: expected at most batch \* steps = 8"),
        ((problem(), 4, -1), {}, "real_samples = -1: expected a number >= 0"),
        ((problem(), 4, 1), {"batch": 0}, "batch = 0: expected a number of samples >= 1"),
    ],
)
def test_bad_input(arguments, settings, message):
    with pytest.raises(ValueError, match=message):
        ct.best_schedule(*arguments, **settings)
