"""Numbers from pencils: the limit of random matrices, and no number where there is none."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy as sp

from derivations.engine.matrices import Gaussian
from derivations.engine.numeric import NumericTrace
from derivations.engine.pencil import realise
from derivations.engine.sample import evaluate
from derivations.engine.symbolic import SymbolicTrace
from derivations.groundwork.setting import (
    DELTA,
    GAMMA,
    M1,
    SIGMA,
    X1,
    I,
    M,
    S,
    d,
    lam,
    m,
    n,
    p2,
    resolvent,
)
from tests.derivations.expressions import EXPRESSIONS, LIMITS, Q

DRAWN = [name for name in LIMITS if name not in ("rectangular", "inverse square", "nested")]


@pytest.mark.parametrize("name", [*DRAWN, "nested"])
def test_the_limit_is_the_mean_of_large_random_matrices(name):
    # Standard errors, plus the limit's own O(1/d): 2/d of its size.
    expression, rng = LIMITS[name], np.random.default_rng(2)
    numbers = {n: 120, p2: sp.Rational(1, 4), d: 80, m: 60, lam: sp.Rational(1, 2)}
    spectra = {SIGMA: np.linspace(0.2, 2, 80), DELTA: np.linspace(1, 2, 80), GAMMA: np.ones(80)}
    square_roots = {matrix: np.sqrt(values) for matrix, values in spectra.items()}
    samples = []
    for _ in range(30):
        matrices = {matrix: np.diag(values) for matrix, values in spectra.items()}
        for gaussian in expression.atoms(Gaussian):
            shape = [int(size.subs(numbers)) for size in gaussian.shape]
            scale = 1.0 if gaussian.covariance is None else square_roots[gaussian.covariance]
            matrices[gaussian] = (
                rng.normal(size=shape) * scale * np.sqrt(float(gaussian.variance.subs(numbers)))
            )
        samples.append(np.trace(evaluate(expression, matrices, numbers)))
    limit = NumericTrace(expression)({s: float(v) for s, v in numbers.items()}, spectra)
    error = np.std(samples, ddof=1) / np.sqrt(len(samples))
    assert limit.converged
    assert abs(np.mean(samples) - limit.value) < 4 * error + 2 / 80 * abs(limit.value)


def test_one_compilation_serves_a_vmap():
    trace = NumericTrace(EXPRESSIONS["zeta"])
    spectra = {SIGMA: jnp.linspace(0.2, 2, 7), DELTA: jnp.ones(7)}
    numbers = {n: 20.0, p2: 0.3, d: 7.0}
    grid = jnp.geomspace(1e-3, 1, 5)
    together = jax.jit(jax.vmap(lambda ridge: trace(numbers | {lam: ridge}, spectra)))(grid)
    singly = [trace(numbers | {lam: ridge}, spectra).value for ridge in grid]
    assert together.converged.all()
    np.testing.assert_allclose(together.value, singly, rtol=1e-12)


def test_dense_and_diagonal_matrices_agree():
    trace = NumericTrace(EXPRESSIONS["projected zeta"])
    numbers = {n: 20.0, p2: 0.3, d: 6.0, m: 9.0, lam: 0.1}
    spectra = {SIGMA: np.linspace(0.2, 2, 6), DELTA: np.linspace(1, 2, 6)}
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(6, 6)))[0]
    rotated = {matrix: (rotation * values) @ rotation.T for matrix, values in spectra.items()}
    np.testing.assert_allclose(trace(numbers, rotated).value, trace(numbers, spectra).value, rtol=1e-10)


@pytest.mark.parametrize("distance", [0.3, 0.9, 0.99])
def test_inside_the_circular_law_there_is_no_value(distance):
    Z = Gaussian("Z", d, d, variance=1 / d)
    trace = NumericTrace(resolvent(Z))
    inside, outside = (trace({lam: z, d: 100}, {}) for z in (distance, 1 / distance))
    assert not inside.converged
    np.testing.assert_allclose(outside.value, 100 * distance, rtol=1e-12)


def test_inside_the_spectrum_there_is_no_value():
    # Marchenko-Pastur at d/n = 1/4: the spectrum is [1/4, 9/4].
    X = Gaussian("X", n, d)
    trace = NumericTrace((X.T * X / n - lam * I).I)
    points = [0.05, 0.24, 0.26, 0.353, 1.0, 2.24, 2.26, 3.0]
    converged = [bool(trace({lam: z, n: 400, d: 100}, {}).converged) for z in points]
    assert converged == [True, True, False, False, False, False, True, True]


def test_sizes_are_positive():
    for numbers in ({n: -5.0, p2: 0.3}, {n: 20.0, p2: 1.5}):
        sizes = numbers | {d: 2.0, lam: 0.1}
        assert not NumericTrace(Q)(sizes, {SIGMA: np.ones(2)}).converged


def test_what_is_not_solved_is_nan():
    trace = NumericTrace(EXPRESSIONS["zeta"])
    numbers = {n: 6.0, p2: 0.3, d: 6.0, lam: 0.0}  # no solution: the ridgeless threshold
    solution = trace(numbers, {SIGMA: np.ones(6), DELTA: np.ones(6)})
    assert not solution.converged
    assert np.isnan(solution.value)


def test_second_order_is_the_derivative_of_first_order():
    # Q Delta Q = -d/dt (M + t Delta + lambda)^-1, by central differences.
    step = 1e-6
    trace = NumericTrace(resolvent(M) * DELTA * resolvent(M))
    first = NumericTrace(resolvent(M + sp.Symbol("t") * DELTA))
    numbers = {n: 20.0, p2: 0.3, d: 5.0, lam: 0.1}
    spectra = {SIGMA: np.linspace(0.2, 2, 5), DELTA: np.linspace(1, 2, 5)}
    ends = [float(first(numbers | {sp.Symbol("t"): t}, spectra).value) for t in (-step, step)]
    np.testing.assert_allclose(
        trace(numbers, spectra).value, (ends[0] - ends[1]) / (2 * step), rtol=1e-7
    )


def test_isotropic_models_need_no_matrices():
    # Marchenko-Pastur: tr[(X^T X / n + lambda)^-1] / d for iid entries, in closed form.
    X = Gaussian("X", n, d)
    trace = SymbolicTrace(resolvent(X.T * X / n))
    numeric = NumericTrace(resolvent(X.T * X / n))({n: 30.0, d: 10.0, lam: 0.2}, {}).value
    phi, z = 1 / 3, 0.2
    root = np.sqrt((1 - phi + z) ** 2 + 4 * phi * z)
    np.testing.assert_allclose(numeric, 10 * (root - (1 - phi + z)) / (2 * phi * z), rtol=1e-12)
    assert trace.algebra.matrices == ()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Gaussian("X", n, d, sp.MatrixSymbol("C", n, n)),
            "covariance = C: expected a d x d matrix",
        ),
        (lambda: realise(sp.HadamardProduct(SIGMA, DELTA)), "expected sums, products, inverses"),
        (lambda: realise(SIGMA**lam), "exponent = lambda: expected a non-zero integer"),
        (lambda: NumericTrace(S * S.T * S), "expected a square matrix"),
        (lambda: SymbolicTrace(S), "expected a square matrix .a trace is wanted., got d x m"),
        (lambda: realise(M + sp.Identity(n)), "sum: expected terms of one shape, got d x d and n x n"),
        (lambda: realise(sp.MatrixSymbol("B", d, n)), "B: expected a symmetric matrix, got d x n"),
        (
            lambda: Gaussian("X", n, d, 2 * SIGMA),
            "covariance = 2.Sigma: expected the symbol of a matrix",
        ),
        (
            lambda: NumericTrace(M1 * Gaussian("X_1", n, d).T * Gaussian("X_1", n, d)),
            "one matrix called X_1",
        ),
        (
            lambda: NumericTrace(X1.T * sp.MatrixSymbol("C", X1.shape[0], X1.shape[0]) * X1),
            "of one size, got d, ",
        ),
        (lambda: SymbolicTrace(Q, "lambda"), "ridge = lambda: expected a scalar symbol"),
        (
            lambda: NumericTrace(Q)({n: 3}, {SIGMA: np.ones(2)}),
            "numbers = .n.: expected a value for d, lambda, p_2 too",
        ),
        (
            lambda: NumericTrace(Q)({sp.Symbol("n"): 3, d: 2, lam: 1, p2: 0.5}, {SIGMA: np.ones(2)}),
            r"expected a value for n too \(n: another symbol of that name was given\)",
        ),
        (
            lambda: NumericTrace(Q)(
                {n: 3, d: 2, lam: 1, p2: 0.5}, {SIGMA: np.array([[1.0, 2], [0, 1]])}
            ),
            "matrices: expected symmetric ones",
        ),
        (
            lambda: NumericTrace(DELTA * Q)(
                {n: 3, d: 2, lam: 1, p2: 0.5}, {SIGMA: np.ones(2), DELTA: np.ones(3)}
            ),
            "matrices: expected arrays of one shape",
        ),
        (
            lambda: NumericTrace(DELTA * Q)(
                {n: 3, d: 9, lam: 1, p2: 0.5}, {SIGMA: [1.0, 2.0], DELTA: [1.0, 2.0]}
            ),
            r"numbers\[d\] = 9: expected 2, the size of the matrices",
        ),
    ],
)
def test_bad_input_is_one_clear_sentence(make, message):
    with pytest.raises(ValueError, match=message):
        make()
