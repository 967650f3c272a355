"""The closed form that solves linear systems is `predict`, which finds eigenvectors."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct

WIDTH, OUTPUTS = 9, 4
RNG = np.random.default_rng(0)
RIDGE = jnp.array(2e-3)


def covariance(scale):
    """Its eigenvalues spread over a factor of a hundred."""
    basis = np.linalg.qr(RNG.normal(size=(WIDTH, WIDTH)))[0]
    return jnp.asarray(scale * (basis * np.geomspace(1, 0.01, WIDTH)) @ basis.T)


COVARIANCES = (covariance(1.0), covariance(2.0))
READOUTS = tuple(jnp.asarray(RNG.normal(size=(WIDTH, OUTPUTS))) for _ in range(2))
NOISES = jnp.array([0.7, 0.2])


def error(n, noises=NOISES, ridge=RIDGE, weights=None):
    return ct.readout_error(COVARIANCES, READOUTS, n, noises, ridge, weights)


def by_predict(n, weights, ridge):
    moments = jnp.stack([jnp.stack([a @ b.T for b in READOUTS]) for a in READOUTS])
    sources = tuple(ct.Source(n[k], COVARIANCES[k], NOISES[k], weight=weights[k]) for k in range(len(n)))
    return ct.predict(ct.Problem(sources, None, ridge, moments=moments)).total


@pytest.mark.parametrize(
    ("n", "weights"),
    [
        ([40.0, 5.0], [1.0, 1.0]),
        ([6.0, 2.0], [1.0, 1.0]),  # fewer samples than features
        ([30.0, 10.0], [0.5, 3.0]),
        ([30.0, 0.0], [1.0, 1.0]),
        ([1e15, 1e14], [1.0, 1.0]),
    ],
    ids=str,
)
def test_it_is_predict(n, weights):
    n, weights = jnp.array(n), jnp.array(weights)
    expected = by_predict(n, weights, RIDGE)
    np.testing.assert_allclose(error(n, weights=weights), expected, rtol=1e-9)


def test_transformations():
    n = jnp.array([30.0, 10.0])
    kinds = jnp.stack([NOISES, 2 * NOISES, 0 * NOISES])
    errors = jax.vmap(lambda noises: error(n, noises))(kinds)
    # It is linear in the noises.
    np.testing.assert_allclose(errors[1] - errors[0], errors[0] - errors[2], rtol=1e-9)
    slope = jax.grad(lambda ridge: error(n, ridge=ridge))(RIDGE)
    step = 1e-4 * RIDGE
    difference = (error(n, ridge=RIDGE + step) - error(n, ridge=RIDGE - step)) / (2 * step)
    np.testing.assert_allclose(slope, difference, rtol=1e-5)


def test_what_cannot_be_solved_is_no_number():
    n = jnp.array([7.0, 2.0])  # as many as there are features: iterating hardly gets on
    tiny = jnp.array(1e-30)
    with pytest.raises(ct.SolveError, match="more steps would be needed"):
        error(n, ridge=tiny)
    assert jnp.isnan(jax.jit(lambda ridge: error(n, ridge=ridge))(tiny))


@pytest.mark.parametrize("ridge", [1e-17, 1e-15])
def test_near_singular_matrices_are_not_trusted(ridge):
    """Whether rounding makes them indefinite or only their inverse wrong."""
    covariances = tuple(sigma[:, :3] @ sigma[:, :3].T for sigma in COVARIANCES)
    with pytest.raises(ct.SolveError, match="did not converge"):
        ct.readout_error(covariances, READOUTS, jnp.array([40.0, 5.0]), NOISES, jnp.array(ridge))


def test_bad_arguments():
    n = jnp.array([6.0, 2.0])
    with pytest.raises(ValueError, match="number of readouts = 1: expected 2, as there are covariances"):
        ct.readout_error(COVARIANCES, READOUTS[:1], n, NOISES, RIDGE)
    with pytest.raises(ValueError, match="ridge = 0: expected a number > 0"):
        error(n, ridge=jnp.array(0.0))
