"""The error system and the mean predictor against their definitions, written with dense inverses."""

from functools import cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from collapse_theory.equivalent import ErrorSystem, solve, stack
from tests.problems import random_problem


@cache
def solved_system(width):
    problem = random_problem(np.random.default_rng(4), d=7, sources=3, diagonal=False, width=width)
    equivalent = eqx.filter_jit(lambda problem: solve(stack(problem)))(problem)
    return equivalent, ErrorSystem(equivalent)


def dense_sandwich(equivalent, width):
    """G_S B G_S ~ G (B + nu'(B)) G with nu' as it is stated, cancellation and all."""
    G, A, nu = (np.asarray(x) for x in (equivalent.G, equivalent.A, equivalent.nu))

    def sandwich(B):
        if width is None:
            return G @ B @ G
        extra = nu**2 / width * np.trace(B @ G @ G) / (1 - np.trace(A @ G @ A @ G) / width)
        return G @ (B + extra * np.eye(len(G))) @ G

    return sandwich


@pytest.mark.parametrize("width", [None, 4.0])
def test_equations_hold(width):
    equivalent, _ = solved_system(width)
    model = equivalent.model
    p, e, nu = (np.asarray(x) for x in (model.fractions, equivalent.e, equivalent.nu))
    Sigma, alpha = np.asarray(model.covariances), np.asarray(model.weights)
    e, nu = e * float(equivalent.scale), nu * float(equivalent.scale)
    A = np.tensordot(p * e, Sigma, axes=1)
    G = np.linalg.inv(A + nu * np.eye(7))
    traces = np.array([np.trace(sigma @ G) for sigma in Sigma])
    np.testing.assert_allclose(e, alpha / (1 + alpha / model.n * traces), rtol=1e-12)
    expected = model.ridge if width is None else (model.ridge * 7 + nu * np.trace(A @ G)) / width
    np.testing.assert_allclose(nu, expected, rtol=1e-12)
    np.testing.assert_allclose(equivalent.residue, e / alpha, rtol=1e-12)


@pytest.mark.parametrize("width", [None, 4.0])
def test_sources_feed_each_other(width):
    equivalent, system = solved_system(width)
    model, sandwich = equivalent.model, dense_sandwich(equivalent, width)
    weights = np.asarray(model.fractions * equivalent.e**2) / float(model.n)
    T = np.array(
        [[w * np.trace(C @ sandwich(s)) for w, s in zip(weights, model.covariances, strict=True)]
         for C in system.listeners]
    )  # fmt: skip
    forcing = np.random.default_rng(0).uniform(0.1, 1, (4, 2))
    E = np.linalg.solve(np.eye(3) - T[:3], forcing[:3])
    np.testing.assert_allclose(
        system.solve(jnp.asarray(forcing)).T, np.asarray(equivalent.e)[None] * E.T, rtol=1e-10
    )
    np.testing.assert_allclose(system.risk(jnp.asarray(forcing)), forcing[3] + T[3] @ E, rtol=1e-10)


@pytest.mark.parametrize("width", [None, 4.0])
def test_mean_predictor(width):
    equivalent, system = solved_system(width)
    model, sandwich = equivalent.model, dense_sandwich(equivalent, width)
    G, Sigma = np.asarray(equivalent.G), np.asarray(model.covariances)
    P = np.asarray(model.fractions * equivalent.e)[:, None, None] * Sigma
    # Labelling vectors that are correlated in every pair, w_k = v_0 + v_k.
    roots = np.random.default_rng(1).normal(size=(3, 7, 21)) / 7
    v = {(j, k): roots[j] @ roots[k].T for j in range(3) for k in range(3)}
    w = [roots[0], roots[0] + roots[1], roots[0] + roots[2]]
    target = sum(pull @ root for pull, root in zip(P, w, strict=True))
    misfits = system.misfits({pair: jnp.asarray(block) for pair, block in v.items()})
    for listener, misfit, k in zip(system.listeners, misfits, (0, 1, 2, 0), strict=True):
        square = np.trace(listener @ sandwich(target @ target.T))
        cross = np.trace(listener @ G @ target @ w[k].T)
        expected = square - 2 * cross + np.trace(listener @ w[k] @ w[k].T)
        np.testing.assert_allclose(misfit, expected, rtol=1e-10)
    moments = jax.tree.map(jnp.asarray, v)
    overlap = G @ target @ w[0].T - w[0] @ w[0].T
    np.testing.assert_allclose(system.predictor.overlap(moments), overlap, atol=1e-11)
    spread = sandwich(target @ target.T) - G @ target @ w[0].T
    spread = spread - (G @ target @ w[0].T).T + w[0] @ w[0].T
    np.testing.assert_allclose(system.predictor.misfit(moments), spread, atol=1e-11)
