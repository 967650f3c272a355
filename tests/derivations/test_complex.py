"""Complex numbers in pencils: the branch of the Stieltjes transform, down to the real axis."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy as sp

from derivations.engine.matrices import Gaussian
from derivations.engine.numeric import NumericTrace
from derivations.engine.sample import evaluate
from derivations.groundwork.setting import (
    DELTA,
    M1,
    M2,
    SIGMA,
    I,
    M,
    S,
    d,
    lam,
    m,
    n,
    p2,
    projected,
    resolvent,
)

other = sp.Symbol("lambda'")
Q = resolvent(M)
TWO_POINTS = {
    "classical": Q * SIGMA * resolvent(M, other),
    "zeta": DELTA * M2 * Q * SIGMA * resolvent(M, other) * M2,
    "projected": M * projected(S, M) * SIGMA * projected(S, M, other) * M,
}


@cache
def two_points(name):
    """Its pencil; called with the same shapes everywhere it is compiled once."""
    return NumericTrace(TWO_POINTS[name])


NUMBERS = {n: 120.0, p2: 0.25, d: 80.0, m: 60.0}
SPECTRA = {SIGMA: np.linspace(0.2, 2, 80), DELTA: np.linspace(1, 2, 80)}


@pytest.fixture(scope="module")
def isotropic():
    X = Gaussian("X", n, d)
    return NumericTrace(resolvent(X.T * X / n))


def marchenko_pastur(ridge, aspect):
    """int 1 / (x + ridge) dMP(x): of two roots the one whose imaginary part has the other sign."""
    sum_, product = (1 - aspect + ridge) / (aspect * ridge), -1 / (aspect * ridge)
    roots = np.roots([1, sum_, product])
    return roots[np.sign(roots.imag) == -np.sign(ridge.imag)].item()


@pytest.mark.parametrize("aspect", [0.1, 0.9, 1.0, 1.1, 8.0])
def test_marchenko_pastur_everywhere(isotropic, aspect):
    # Left and right of the spectrum, inside it, at its edges, far away and close to the real axis.
    edges = [-((1 - np.sqrt(aspect)) ** 2), -((1 + np.sqrt(aspect)) ** 2)]
    reals = [3.0, 1e-3, 0.0, -0.5, -1.0, *edges, -40.0]
    ridges = [complex(x, y) for x in reals for y in (1e-6, -1e-6, 0.01, -0.3, 5.0, 1e6)]
    for ridge in ridges:
        solution = isotropic({n: 10 / aspect, d: 10.0, lam: ridge}, {})
        assert solution.converged, ridge
        expected = marchenko_pastur(ridge, aspect)
        np.testing.assert_allclose(solution.value / 10, expected, rtol=1e-9, err_msg=f"{ridge}")


def test_exponentials_are_sums_over_complex_ridges(isotropic):
    # exp(-x) = sum_q c_q / (x + z_q) on Weideman and Trefethen's parabola: gradient flow's decay.
    time, aspect, size = 3.0, 0.5, 32
    angle = (2 * np.arange(size) + 1 - size) * np.pi / size
    nodes = size * (0.1309 - 0.1194 * angle**2 + 0.25j * angle)
    weights = np.exp(nodes) * size * (-2 * 0.1194 * angle + 0.25j) / (1j * size)

    def trace(ridge):
        return isotropic({n: 10 / aspect, d: 10.0, lam: ridge}, {}).value / 10

    values = jax.jit(jax.vmap(trace))(jnp.asarray(nodes / time))
    low, high = (1 - np.sqrt(aspect)) ** 2, (1 + np.sqrt(aspect)) ** 2
    cosine = np.cos(np.pi * (np.arange(200) + 0.5) / 200)
    x = (low + high) / 2 + (high - low) / 2 * cosine
    density = (high - low) ** 2 / 4 * (1 - cosine**2) / (2 * np.pi * aspect * x)
    expected = np.pi / 200 * np.sum(np.exp(-time * x) * density)
    np.testing.assert_allclose((weights * values / time).sum(), expected, rtol=1e-11)


@pytest.mark.parametrize("name", TWO_POINTS)
def test_two_complex_ridges_against_random_matrices(name):
    # Standard errors of real and imaginary part, plus the limit's own O(1/d): 2/d of its size.
    expression, rng = TWO_POINTS[name], np.random.default_rng(5)
    numbers = NUMBERS | {lam: 0.1 + 0.4j, other: -0.3 - 0.6j}
    samples = []
    for _ in range(30):
        matrices = {matrix: np.diag(values) for matrix, values in SPECTRA.items()}
        for block in expression.atoms(Gaussian):
            scale = 1.0 if block.covariance is None else np.sqrt(SPECTRA[block.covariance])
            shape = [int(size.subs(numbers)) for size in block.shape]
            matrices[block] = (
                rng.normal(size=shape) * scale * np.sqrt(float(block.variance.subs(numbers)))
            )
        samples.append(np.trace(evaluate(expression, matrices, numbers)))
    solution = two_points(name)(numbers, SPECTRA)
    assert solution.converged
    for part in (np.real, np.imag):
        error = np.std(part(samples), ddof=1) / np.sqrt(len(samples))
        gap = abs(np.mean(part(samples)) - part(solution.value))
        assert gap < 4 * error + 2 / 80 * abs(solution.value)


@pytest.mark.parametrize("name", ["classical", "projected"])
def test_complex_continues_real(name):
    trace, numbers = two_points(name), NUMBERS | {other: 0.7 + 0j}
    real = trace(NUMBERS | {other: 0.7, lam: 0.2}, SPECTRA)
    on_axis = trace(numbers | {lam: 0.2 + 0j}, SPECTRA)
    assert on_axis.converged
    np.testing.assert_allclose(on_axis.value, real.value, rtol=1e-11)
    # Analytic: the derivative along the imaginary axis is i times that along the real one.
    step = 1e-5
    ends = [
        trace(numbers | {lam: 0.2 + shift + 0j}, SPECTRA).value
        for shift in (step, -step, 1j * step, -1j * step)
    ]
    np.testing.assert_allclose((ends[2] - ends[3]) / 1j, ends[0] - ends[1], rtol=1e-6)


def test_conjugate_ridges_have_conjugate_traces():
    trace, rng = NumericTrace(projected(S, M)), np.random.default_rng(0)
    spectra = {SIGMA: np.arange(1, 9) ** -1.2}
    for _ in range(20):
        ridge = complex(rng.uniform(-2, 1), 10 ** rng.uniform(-6, 0))
        numbers = {n: 8 * 10 ** rng.uniform(-1, 1), m: 8 * 10 ** rng.uniform(-1, 1), d: 8.0, p2: 0.3}
        above, below = (trace(numbers | {lam: z}, spectra) for z in (ridge, ridge.conjugate()))
        assert above.converged
        assert below.converged
        assert above.value.imag < 0  # S (...)^-1 S^T is positive: a Stieltjes transform too
        np.testing.assert_allclose(below.value, above.value.conjugate(), rtol=1e-12)


def test_dense_and_diagonal_matrices_agree_at_complex_ridges():
    trace = NumericTrace(DELTA * projected(S, M))
    numbers = {n: 20.0, p2: 0.3, d: 6.0, m: 9.0, lam: -0.1 + 0.1j}
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(6, 6)))[0]
    spectra = {SIGMA: np.linspace(0.2, 2, 6), DELTA: np.linspace(1, 2, 6)}
    rotated = {matrix: (rotation * values) @ rotation.T for matrix, values in spectra.items()}
    np.testing.assert_allclose(trace(numbers, rotated).value, trace(numbers, spectra).value, rtol=1e-10)


def test_on_the_spectrum_there_is_no_value(isotropic):
    for ridge in (-1.0 + 0j, -1.0 + 1e-12j):
        solution = isotropic({n: 40.0, d: 10.0, lam: ridge}, {})
        assert not solution.converged
        assert np.isnan(solution.value)
    # A pole of the outer inverse, with the inner one well defined: no other branch is taken.
    nested = NumericTrace(resolvent(M1 * resolvent(M2) * M1))
    poles = {n: 60.0, d: 12.0, p2: 0.55, lam: -0.03 - 0.03j}
    assert not nested(poles, {SIGMA: np.arange(1, 13) ** -1.2}).converged


@pytest.mark.parametrize(
    ("numbers", "matrices", "message"),
    [
        ({n: 3j}, {}, r"numbers\[n\] = 3j: expected real numbers"),
        ({p2: 0.5j}, {}, r"numbers\[p_2\] = 0.5j: expected real numbers"),
        ({lam: [1j, 2j]}, {}, r"numbers\[lambda\] = \[1j, 2j\]: expected one number"),
        ({}, {SIGMA: [1j, 1.0]}, r"matrices\[Sigma\] = .*: expected real numbers"),
    ],
)
def test_what_has_to_be_real(numbers, matrices, message):
    numbers = {n: 3.0, d: 2.0, p2: 0.5, lam: 1j} | numbers
    with pytest.raises(ValueError, match=message):
        NumericTrace(resolvent(M) * I)(numbers, {SIGMA: np.ones(2)} | matrices)
