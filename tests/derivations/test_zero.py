"""Expressions that are zero have the limit zero, whatever they cancel to."""

import numpy as np
import pytest
import sympy as sp

from derivations.engine.matrices import Gaussian
from derivations.engine.numeric import NumericTrace
from derivations.engine.pencil import realise
from derivations.engine.precise import PreciseTrace
from derivations.engine.sample import entry
from derivations.engine.symbolic import SymbolicTrace
from derivations.groundwork.setting import (
    DELTA,
    M1,
    M2,
    SIGMA,
    I,
    M,
    S,
    classical_points,
    d,
    lam,
    m,
    n,
    p2,
    projected,
    resolvent,
)

Q, G, X = resolvent(M), projected(S, M), Gaussian("X", n, d)
UNEVALUATED = {"evaluate": False}
ZEROS = {
    "A - A": SIGMA - SIGMA,
    "A + (-A)": SIGMA + (-SIGMA),
    "A + (-A), not added": sp.MatAdd(SIGMA, -SIGMA, **UNEVALUATED),
    "0 A": 0 * SIGMA,
    "A 0": SIGMA * 0,
    "0 X^T X": 0 * X.T * X,
    "A 0 as a product": sp.MatMul(SIGMA, sp.ZeroMatrix(d, d), **UNEVALUATED),
    "zero": sp.ZeroMatrix(d, d),
    "zero transposed": sp.Transpose(sp.ZeroMatrix(n, n)),
    "zero squared": (SIGMA - SIGMA) ** 2,
    "Q - Q": Q - Q,
    "G - G": G - G,
    "Q 0 Q": Q * 0 * Q,
    "A (B - B) Q": SIGMA * (DELTA - DELTA) * Q,
    "a rectangular zero": (S - S) * S.T,
    "a difference of sums": (M1 + M2) * Q - M * Q,
    "distributed": (SIGMA + DELTA) * Q - SIGMA * Q - DELTA * Q,
    "the resolvent's equation": M * Q + lam * Q - I,
    "a commutator": Q * M - M * Q,
}


@pytest.mark.parametrize("name", ZEROS)
def test_a_difference_that_is_zero_has_the_limit_zero(name):
    numbers = {n: 20.0, d: 5.0, m: 7.0, p2: 0.3, lam: 0.1}
    spectra = {SIGMA: np.linspace(0.2, 2, 5), DELTA: np.linspace(1, 2, 5)}
    solution = NumericTrace(ZEROS[name])(numbers, spectra)
    assert solution.converged
    assert abs(solution.value) < 1e-14
    assert SymbolicTrace(ZEROS[name]).value == 0
    assert abs(PreciseTrace(ZEROS[name])(classical_points()[0])) < 1e-45


def test_what_cancels_within_an_expression_is_as_if_it_were_not_there():
    numbers, spectra = {n: 20.0, d: 5.0, m: 7.0, p2: 0.3, lam: 0.1}, {SIGMA: np.linspace(0.2, 2, 5)}
    np.testing.assert_allclose(NumericTrace(resolvent(SIGMA - SIGMA))(numbers, {}).value, 50, rtol=1e-14)
    np.testing.assert_allclose(NumericTrace(projected(S, M - M))(numbers, {}).value, 70, rtol=1e-14)
    whole = NumericTrace(Q)(numbers, spectra).value
    longer = Q + SIGMA * (DELTA - DELTA) * Q + 0 * M
    np.testing.assert_allclose(NumericTrace(longer)(numbers, spectra).value, whole, rtol=1e-14)


def test_the_ridge_may_cancel():
    assert SymbolicTrace(Q - Q, lam).value == 0


def test_the_pencil_of_a_rectangular_zero():
    np.testing.assert_array_equal(entry(realise(S - S), {}, {d: 3, m: 2}), np.zeros((3, 2)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: realise((SIGMA - SIGMA).I),
        lambda: SymbolicTrace((SIGMA * DELTA - DELTA * SIGMA).I).value,
        lambda: NumericTrace(sp.Inverse(sp.MatAdd(SIGMA, -SIGMA, **UNEVALUATED)))(
            {d: 2.0}, {SIGMA: np.ones(2)}
        ),
    ],
)
def test_zero_has_no_inverse(make):
    with pytest.raises(ValueError, match=r"not invertible|expected inverses of matrices that have one"):
        make()
