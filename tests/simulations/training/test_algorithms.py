"""Algorithms on one draw: coordinate by coordinate, and as loops over whole matrices."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from simulations.training.algorithms import (
    GradientDescent,
    GradientFlow,
    IteratedRidge,
    SelfDistillation,
)

RIDGE = 0.3


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(12, 5)) * [2.0, 1.0, 0.5, 0.1, 0.01]
    return X.T @ X / 12, X.T @ rng.normal(size=12) / 12


def trained(algorithm, M, b):
    x, V = np.linalg.eigh(M)
    return (np.asarray(algorithm(jnp.asarray(x))) * (V.T @ b)) @ V.T


def test_gradient_flow(data):
    M, b = data
    times = (0.0, 1e-5, 0.5, 30.0)
    path = solve_ivp(lambda t, v: b - M @ v, (0, 30), np.zeros(5), t_eval=times, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(trained(GradientFlow(times), M, b), path.y.T, 1e-7, 1e-11)
    fine = np.linspace(0, 30, 20_001)
    mean = trained(GradientFlow(tuple(fine)), M, b)
    whole = np.sum((mean[1:] + mean[:-1]) / 2, axis=0) / 20_000
    np.testing.assert_allclose(trained(GradientFlow((30.0,), True), M, b)[0], whole, 1e-5)
    early = trained(GradientFlow((1e-6,), True), M, b)[0]
    np.testing.assert_allclose(early, b * 1e-6 / 2, 1e-5)


def test_gradient_descent(data):
    M, b = data
    v = before = np.zeros(5)
    expected = [v]
    for _ in range(6):
        v, before = v - 0.2 * (M @ v - b) + 0.5 * (v - before), v
        expected.append(v)
    np.testing.assert_allclose(trained(GradientDescent(0.2, 6, 0.5), M, b), expected, 1e-12, 1e-15)


def test_iterated_ridge(data):
    M, b = data
    v, expected = np.zeros(5), []
    for _ in range(4):
        v = np.linalg.solve(M + RIDGE * np.eye(5), b + RIDGE * v)
        expected.append(v)
    np.testing.assert_allclose(trained(IteratedRidge(RIDGE, 4), M, b), expected, 1e-12)


def test_self_distillation(data):
    M, b = data
    mixes = (0.5, 1.3)
    v = np.linalg.solve(M + RIDGE * np.eye(5), b)
    expected = [v]
    for mix in mixes:
        v = np.linalg.solve(M + RIDGE * np.eye(5), (1 - mix) * b + mix * M @ v)
        expected.append(v)
    np.testing.assert_allclose(trained(SelfDistillation(RIDGE, mixes), M, b), expected, 1e-12)
