"""Derivatives of `predict` against central differences, in every continuous field."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct

FIELDS = ("n", "synthetic_fraction", "quality", "noise", "ridge", "width", "weight", "signal")


@partial(jax.jit, static_argnums=0)
def total(classical, values):
    fields = dict(zip(FIELDS, values, strict=True))
    if classical:
        fields["width"] = None
    covariance = ct.spectra.power_law(30, 1.1)
    return ct.predict(ct.real_and_synthetic(covariance=covariance, **fields)).total


slope = jax.jit(jax.grad(total, argnums=1), static_argnums=0)


# Limited by features, by samples and by width; the ridgeless limit too, where it is smooth.
@pytest.mark.parametrize("n", [12.0, 70.0])
@pytest.mark.parametrize("width", [None, 8.0, 25.0, 200.0])
@pytest.mark.parametrize("ridge", [0.0, 1e-3])
def test_gradient_is_exact(n, width, ridge):
    point = jnp.array([n, 0.2, 0.5, 0.3, ridge, width or 1.0, 0.7, 1.0])

    def function(values):
        return total(width is None, values)

    gradient = slope(width is None, point)
    for i, name in enumerate(FIELDS):
        if width is None and name == "width":
            continue
        at_zero = point[i] == 0
        step = 1e-6 if at_zero else 1e-5 * point[i]
        values = [function(point.at[i].add(k * step)) for k in ((0, 1, 2) if at_zero else (-1, 0, 1))]
        if at_zero:  # one-sided, second order
            difference = (-3 * values[0] + 4 * values[1] - values[2]) / (2 * step)
        else:
            difference = (values[2] - values[0]) / (2 * step)
        # Truncation is O(step^2) relatively, rounding O(1e-16 / step) of the value.
        noise = 1e-13 * float(values[1]) / step
        np.testing.assert_allclose(gradient[i], difference, rtol=1e-6, atol=noise, err_msg=name)


def test_forward_and_second_derivatives():
    @jax.jit
    def function(ridge):
        return total(False, jnp.array([40.0, 0.2, 0.5, 0.3, ridge, 25.0, 0.7, 1.0]))

    point, step = 0.01, 1e-5
    first = [jax.jvp(function, (point + k * step,), (1.0,))[1] for k in (-1, 0, 1)]
    np.testing.assert_allclose(first[1], jax.grad(function)(point), rtol=1e-12)
    np.testing.assert_allclose(
        jax.hessian(function)(point), (first[2] - first[0]) / (2 * step), rtol=1e-6
    )


@pytest.mark.parametrize("ridge", [0.0, 0.1])
def test_gradient_of_matrices_is_that_of_eigenvalues(ridge):
    # Repeated eigenvalues and directions that nobody sees have no differentiable eigenvectors.
    spectrum = jnp.array([1.0, 1.0, 1.0, 0.3, 0.0, 0.0])

    def function(fraction, form):
        return ct.predict(
            ct.real_and_synthetic(
                n=7.0, synthetic_fraction=fraction, covariance=form, quality=0.5, noise=0.1, ridge=ridge
            )
        ).total

    gradients = [jax.grad(function)(0.3, form) for form in (spectrum, jnp.diag(spectrum))]
    assert gradients[0] != 0
    np.testing.assert_allclose(*gradients, rtol=1e-10)


def test_gradient_where_synthetic_data_begin():
    # At p_2 = 0 the error is a quadratic in p_2 near 0: the one-sided difference has the slope.
    @jax.jit
    def function(fraction):
        return total(True, jnp.array([40.0, fraction, 0.5, 0.3, 0.01, 1.0, 1.0, 1.0]))

    step = 1e-5
    difference = (-3 * function(0.0) + 4 * function(step) - function(2 * step)) / (2 * step)
    np.testing.assert_allclose(jax.grad(function)(0.0), difference, rtol=1e-5)


@eqx.filter_jit
def of_matrices(matrices, width):
    sources = (ct.Source(6.0, matrices[0], 0.1), ct.Source(3.0, matrices[1], 0.2, 0.5))
    return ct.predict(ct.Problem(sources, jnp.eye(5) / 5, 1e-3, width)).total


slope_in_matrices = eqx.filter_jit(jax.grad(of_matrices))


@pytest.mark.parametrize("width", [None, jnp.array(4.0)])
@pytest.mark.parametrize("spectrum", [[1.0, 0.5, 0.2, 0.1, 0.05], [1.0, 1.0, 1.0, 0.3, 0.3]])
def test_gradient_in_an_entry_of_a_covariance(spectrum, width):
    # In the first and in the second of two sources, of other eigenvectors or the same; repeated
    # eigenvalues have no differentiable eigenvectors.
    rng = np.random.default_rng(0)
    bases = [np.linalg.qr(rng.normal(size=(5, 5)))[0] for _ in range(2)]
    matrices = jnp.stack([(basis * np.array(spectrum)) @ basis.T for basis in bases])

    for common in (False, True):
        point = matrices.at[1].set(matrices[0]) if common else matrices
        gradient = slope_in_matrices(point, width)
        for k, i, j in ((0, 0, 0), (0, 1, 3), (1, 2, 2), (1, 4, 0)):
            direction = jnp.zeros_like(point).at[k, i, j].add(0.5).at[k, j, i].add(0.5)
            step = 1e-6
            values = [of_matrices(point + sign * step * direction, width) for sign in (-1, 1)]
            expected = jnp.sum(gradient * direction)
            # Truncation is O(step^2) relatively, rounding O(1e-15 / step) of the value.
            noise = 1e-13 * float(values[0]) / step
            np.testing.assert_allclose(
                expected, (values[1] - values[0]) / (2 * step), rtol=1e-6, atol=noise
            )
