"""Where training in stages has no plateau, and stopping early has one."""

import jax
import numpy as np
import pytest

import collapse_theory as ct
from docs.statements import training

FLOOR = training.FRACTION**2 * training.QUALITY


def test_two_stages_of_sgd():
    few, many = (training.risk_by_schedule(steps) for steps in (1000, 10_000))
    assert FLOOR < many[0] < few[0]
    assert many[0] < 1.05 * FLOOR
    # Ten times the samples, a tenth of the error.
    assert few[1] / many[1] == pytest.approx(10, rel=0.1)
    assert many[1] < 0.1 * FLOOR


@pytest.mark.parametrize("ridge", [0.1, 0.5, 3.0])
def test_students_are_better_but_at_the_best_ridge(ridge):
    answer = ct.best_distillation(training.teacher(ridge))
    teacher, student, mix = (float(x) for x in (answer.teacher.total, answer.best.total, answer.mix))
    slope = float(jax.grad(lambda lam: ct.predict(training.teacher(lam)).total)(ridge))
    if ridge == 0.5:  # d sigma^2 / n: stationary
        assert abs(slope) < 1e-12
        assert abs(mix) < 1e-9
        assert student == pytest.approx(teacher, rel=1e-12)
    else:
        assert np.sign(mix) == -np.sign(slope)
        assert student < 0.75 * teacher


def test_early_stopping_has_a_plateau():
    """Endless data leave (1 - h)^2 of the signal, h^2 p_2^2 of the shift, h the share that is learnt."""
    risks = training.risk_at_the_best_time()
    covariance = np.asarray(ct.spectra.power_law(100, 1.0))
    signal = covariance / covariance.sum()  # Sigma Gamma for Gamma = I / tr Sigma
    least = np.sum(signal) * FLOOR / (1 + FLOOR)
    assert (np.diff(risks) < 0).all()
    assert risks[-1] > least
    # A hundredfold of data lowers the clean error a hundredfold, and this one hardly at all.
    assert risks[-2] - risks[-1] < 0.04 * FLOOR
    assert risks[-1] > 0.98 * FLOOR


def test_fine_tuning_has_none():
    risks = training.risk_of_fine_tuning()
    assert risks[-1] < 0.01 * FLOOR
    # Falling as 1/n.
    assert risks[-2] / risks[-1] == pytest.approx(10, rel=0.1)
