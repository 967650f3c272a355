"""The checks themselves: they pass on truths, and fail on what is nearly true."""

import mpmath as mp
import sympy as sp

from derivations.engine.points import Point
from derivations.engine.symbolic import SymbolicTrace
from derivations.engine.traces import tr
from derivations.groundwork.formulas import THEOREM_1
from derivations.groundwork.setting import ALGEBRA, classical_points, df1, df2, kappa, lam, n, p2
from derivations.theorems.theorem_1 import expressions
from derivations.verify import digits, exact, identical, tends

x, Sigma = sp.symbols("x Sigma", positive=True)


def test_exact_algebra_tells_equal_from_nearly_equal():
    left, right = (x**2 - 1) / (x - 1), x + 1
    assert exact("true", left, right).passed
    assert not exact("false", left, right + sp.Rational(1, 10**40)).passed


def test_exact_traces_are_compared_in_normal_form():
    derivative = kappa * (df1 - df2) / kappa
    assert exact("true", derivative, df1 - df2, ALGEBRA.normal_form).passed
    assert not exact("false", derivative, df1 - 2 * df2, ALGEBRA.normal_form).passed


def test_thirty_digits_are_asked_for_at_every_point():
    points = [Point("small", {x: sp.Rational(1, 3)}), Point("large", {x: 10**6})]
    assert digits("true", sp.sin(x) ** 2 + sp.cos(x) ** 2, 1, points).passed
    assert not digits("wrong in the 28th digit", x, x * (1 + sp.Rational(1, 10**28)), points).passed
    assert not digits("wrong at one point", x, sp.Min(x, 10**5), points).passed
    assert not digits("nowhere", x, x, []).passed


def test_a_wrong_theorem_fails():
    points = classical_points()
    wrong = THEOREM_1.zeta.subs(n, n * (1 + sp.Rational(1, 10**12)))
    assert not digits("zeta", THEOREM_1.zeta, wrong, points).passed


def test_random_points_tell_equal_from_nearly_equal():
    trace = SymbolicTrace(expressions()["zeta"], lam)
    assert identical("true", trace, THEOREM_1.zeta).passed
    assert not identical("false", trace, THEOREM_1.zeta + sp.Rational(1, 10**40)).passed
    assert not identical("another theorem", trace, THEOREM_1.zeta.subs(p2, p2**2)).passed


def test_a_trace_is_a_sum_over_joint_eigenvalues():
    point = Point("two", {x: 2}, {Sigma: [1, 3]})
    assert digits("nested", tr(Sigma * tr(Sigma) + x), 4 * 4 + 2 * 2, [point]).passed


def test_a_limit_needs_its_rate():
    def quantity(size):
        return 1 + mp.mpf(2) / size

    assert tends("right rate", quantity, 1, (10**3, 10**4, 10**5), -1).passed
    assert not tends("wrong rate", quantity, 1, (10**3, 10**4, 10**5), -2).passed
    assert not tends("wrong limit", quantity, mp.mpf("1.01"), (10**3, 10**4, 10**5), -1).passed
