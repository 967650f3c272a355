"""Nonlinear random features: their equations and their limits."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from collapse_theory.equivalent import alike, stack
from collapse_theory.predict import predict_with_status
from tests.nonlinear_problem import BASES, EIGENVALUES, D, problem
from tests.oracle_nonlinear import relu, risk
from tests.problems import parts, replace


def tanh(u):
    return jnp.tanh(u)


def line(u):
    return u


# The equations ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "dense", "test"), [(9.0, True, True), (40.0, True, False), (40.0, False, True)]
)
def test_the_risk_is_that_of_the_equations_iterated(width, dense, test):
    asked = problem(width=width, dense=dense, test=test)
    matrices = [np.asarray(s.covariance) for s in asked.sources]
    matrices.append(matrices[0] if asked.test_covariance is None else np.asarray(asked.test_covariance))
    expand = (lambda matrix: matrix) if dense else np.diag
    first, second, tested = (relu(expand(matrix)) for matrix in matrices)
    signal, shift = (expand(np.asarray(array)) for array in (asked.signal, asked.sources[1].shift))
    labels = {
        "bias": (np.array([[signal, signal], [signal, signal]]), (0.0, 0.0)),
        "variance": (np.zeros((2, 2, D, D)), (0.1, 0.3)),
        "zeta": (np.array([[0 * shift, 0 * shift], [0 * shift, shift]]), (0.0, 0.0)),
    }
    how = {"n_k": (18.0, 12.0), "weights": (1.0, 0.7), "ridge": 0.05, "width": width}
    expected = [
        risk((first, second), tested, C=C, noises=noises, **how) for C, noises in labels.values()
    ]
    np.testing.assert_allclose(parts(ct.predict(asked)), expected, rtol=1e-9)


def test_correlated_labels():
    """C_jk that are no independent shifts: in total, as the oracle has no parts."""
    factor = np.random.default_rng(1).normal(size=(2 * D, 2 * D)) / D
    joint = (factor @ factor.T).reshape(2, D, 2, D).transpose(0, 2, 1, 3)
    sources = [replace(s, shift=jnp.array(0.0)) for s in problem(dense=True).sources]
    test = problem(dense=True).test_covariance
    asked = ct.Problem(sources, None, 0.05, 9.0, test, joint, activation=jax.nn.relu)
    features = [
        relu(np.asarray(m)) for m in (*(s.covariance for s in asked.sources), asked.test_covariance)
    ]
    how = {"n_k": (18.0, 12.0), "weights": (1.0, 0.7), "ridge": 0.05, "width": 9.0}
    expected = risk(features[:2], features[2], C=joint, noises=(0.1, 0.3), **how)
    assert float(ct.predict(asked).total) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("width", "ridge"), [(9.0, 0.05), (40.0, 0.0)])
def test_a_line_is_todays_model(width, ridge):
    for function in (ct.predict, ct.finite_size):
        linear, none = (function(problem(width=width, ridge=ridge, activation=a)) for a in (line, None))
        np.testing.assert_allclose(parts(linear), parts(none), rtol=1e-12, atol=1e-25)


@pytest.mark.parametrize("ridge", [0.05, 0.0])
def test_matrices_are_eigenvalues_in_a_rotated_basis(ridge):
    vectors = problem(ridge=ridge, width=40.0)

    def turned(array):
        return (BASES[0] * np.asarray(array)) @ BASES[0].T

    real, synthetic = vectors.sources
    sources = (
        ct.Source(real.n, turned(real.covariance), real.noise),
        ct.Source(synthetic.n, turned(synthetic.covariance), 0.3, turned(synthetic.shift), 0.7),
    )
    settings = {"signal": turned(vectors.signal), "test_covariance": turned(vectors.test_covariance)}
    matrices = ct.Problem(sources, ridge=ridge, width=40.0, activation=jax.nn.relu, **settings)
    for function in (ct.predict, ct.finite_size):
        np.testing.assert_allclose(parts(function(matrices)), parts(function(vectors)), rtol=1e-9)


def ordinary(nonlinear, number):
    """The same features made of so many directions more, each of its own variance, d counting all."""
    source, d = nonlinear.sources[0], D
    a, b = ct.activation_moments(jax.nn.relu, source.covariance.sum() / d)[1:]
    scale = (d + number) / d  # S has entries N(0, 1 / (d + number)) now
    covariance = scale * np.append(a**2 * source.covariance, b * d / number)
    return ct.Problem(
        (ct.Source(source.n, covariance, source.noise),),
        np.append(nonlinear.signal, 0.0) / a**2 / scale,
        nonlinear.ridge,
        nonlinear.width,
        multiplicities=np.append(np.ones(d), float(number)),
    )


ONE = ct.Problem(
    (ct.Source(30.0, EIGENVALUES[0], 0.2),), EIGENVALUES[3], 0.05, 20.0, activation=jax.nn.relu
)


@pytest.mark.parametrize(
    "function",
    [
        ct.predict,
        ct.finite_size,
        ct.plateau,
        lambda p: ct.gradient_flow(p, 3.0),
        ct.group_risks,
        lambda p: ct.self_distillation(p, 0.4),
    ],
    ids=["predict", "finite_size", "plateau", "gradient_flow", "group_risks", "self_distillation"],
)
def test_what_is_known_of_many_directions_is_known_of_nonlinear_features(function):
    """Of any function of an ordinary problem: 1e7 directions are the limit up to 1e-7 or so."""
    near, limit = (np.array(jax.tree.leaves(function(p))) for p in (ordinary(ONE, 1e7), ONE))
    np.testing.assert_allclose(near, limit, rtol=3e-5, atol=1e-12)


def test_training_errors_of_many_directions():
    pairs = [(ct.training_error(p), ct.source_errors(p)) for p in (ordinary(ONE, 1e7), ONE)]
    np.testing.assert_allclose(*map(np.array, pairs), rtol=3e-5)


# Limits -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [9.0, 40.0])
def test_without_a_ridge_is_the_limit_of_small_ridges(width):
    """O(lambda) away: a ridge of 1e-9 leaves 1e-6 or less."""
    limit, near = (parts(ct.predict(problem(width=width, ridge=ridge))) for ridge in (0.0, 1e-9))
    np.testing.assert_allclose(near, limit, rtol=1e-5)


def test_the_threshold_is_at_n_equal_to_m_however_few_the_inputs():
    """Linear features have it at n = d at most; nonlinear ones of any number interpolate."""
    at = problem(n=40.0, width=40.0, ridge=0.0)
    assert np.isinf(parts(ct.predict(at))).all()
    assert float(ct.diagnose(at).threshold_distance) == pytest.approx(0)
    beside = [
        float(ct.predict(problem(n=n, width=40.0, ridge=0.0)).total) for n in (20.0, 38.0, 42.0, 80.0)
    ]
    assert np.isfinite(beside).all()
    assert beside[0] < beside[1]
    assert beside[3] < beside[2]


def test_derivatives_are_differences():
    """In the scale of the inputs, which moves slopes and noises, and in ridge, width and n."""

    def total(scale, ridge, width, n):
        asked = problem(test=False)
        moved = eqx.tree_at(
            lambda p: [s.covariance for s in p.sources],
            asked,
            [scale * s.covariance for s in asked.sources],
        )
        moved = eqx.tree_at(lambda p: [p.ridge, p.width, p.sources[1].n], moved, [ridge, width, n])
        return predict_with_status(moved, None)[0].total

    at = jnp.array([1.1, 0.05, 20.0, 12.0])
    program = jax.jit(lambda x: total(*x))
    slope = jax.jit(jax.grad(lambda x: total(*x)))(at)
    steps = np.diag(1e-5 * np.asarray(at))
    differences = [float(program(at + h) - program(at - h)) / (2 * h.sum()) for h in steps]
    np.testing.assert_allclose(slope, differences, rtol=1e-6)


def test_many_widths_at_once():
    widths = jnp.array([5.0, 20.0, 60.0])
    together = jax.vmap(lambda m: ct.predict(problem(width=m)).total)(widths)
    alone = [float(ct.predict(problem(width=m)).total) for m in widths]
    np.testing.assert_allclose(together, alone, rtol=1e-12)


def test_parts_are_of_what_they_are_linear_in():
    """Slopes of sources and test set differ, so that the signal itself makes shifts: they are bias."""
    asked = problem()
    quiet = replace(asked, signal=0 * asked.signal)
    assert float(ct.predict(quiet).bias) == 0
    np.testing.assert_allclose(parts(ct.predict(quiet))[1:], parts(ct.predict(asked))[1:], rtol=1e-12)
    right = eqx.tree_at(lambda p: p.sources[1].shift, asked, 0 * asked.sources[1].shift)
    found = parts(ct.predict(right))
    assert found[2] == 0
    np.testing.assert_allclose(found[:2], parts(ct.predict(asked))[:2], rtol=1e-12)
    np.testing.assert_allclose(ct.zeta_by_source(asked), [0, parts(ct.predict(asked))[2]], rtol=1e-12)
    terms = [parts(ct.finite_size(p)) for p in (asked, quiet, right)]
    assert terms[1][0] == 0
    assert terms[2][2] == 0
    np.testing.assert_allclose(terms[0], [terms[2][0], terms[2][1], terms[1][2]], rtol=1e-10)


def test_a_free_energy():
    asked = problem(test=False)
    np.testing.assert_allclose(
        parts(ct.risk_from_free_energy(asked)), parts(ct.predict(asked)), rtol=1e-10
    )
    gradient = jax.grad(lambda x: ct.free_energy(asked, x))(ct.stationary_point(asked))
    np.testing.assert_allclose(gradient, 0, atol=1e-9)
    with pytest.raises(ValueError, match="test_covariance = an array: expected None"):
        ct.free_energy(problem(), jnp.zeros(3))


def test_other_ways_to_the_same_number():
    asked = problem()
    expected = parts(ct.predict(asked))
    filtered = ct.spectral_filter(asked, ct.SpectralFilter.ridge(0.05))
    np.testing.assert_allclose(parts(filtered), expected, rtol=1e-10)
    assert alike(asked) == ((0,), (1,))
    assert len(stack(asked).weights) == 3  # the test set comes first
    one = ct.real_and_synthetic(
        n=30.0,
        synthetic_fraction=0.4,
        covariance=np.repeat(EIGENVALUES[0], 2),
        quality=0.3,
        noise=0.1,
        ridge=0.1,
        width=9.0,
        activation=tanh,
    )
    smaller, merged = ct.compress(one), ct.mixture(one)
    assert smaller.entries == D
    np.testing.assert_allclose(parts(ct.predict(smaller)), parts(ct.predict(one)), rtol=1e-12)
    assert len(merged.problem.sources) == 2
    assert float(ct.predict(merged.problem).total) == pytest.approx(
        float(ct.predict(one).total), rel=1e-12
    )
