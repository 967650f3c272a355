"""Checks of a claimed equality: by exact algebra, and by digits at points of its domain."""

import random
from collections.abc import Callable, Iterable

import mpmath as mp
import sympy as sp

from derivations.engine.eliminate import substitute
from derivations.engine.points import WORKING, Point, evaluate
from derivations.engine.symbolic import SymbolicTrace
from derivations.steps import Check

DIGITS = 30  # that two sides must share


def exact(claim: str, left, right, reduced: Callable = lambda expression: expression) -> Check:
    """left = right as elements of a field of fractions, traces as its generators.

    `reduced` brings both sides to normal form: an `Algebra.normal_form`, a `SymbolicTrace.reduced`.
    """
    passed = substitute(reduced(sp.sympify(left) - sp.sympify(right)), {}) == 0
    return Check(claim, "exact algebra", bool(passed))


def identical(claim: str, trace: SymbolicTrace, formula, points: int = 3) -> Check:
    """trace.value = formula, where elimination is too long: exact arithmetic at random points.

    Both sides are rational in independent generators (scalars and traces).  At random integers for
    these the linear equations are solved in rational numbers.  If the sides differ as functions, they
    agree at one point with probability below their degree / 10^12 (Schwartz and Zippel).
    """
    chance = random.Random(claim)
    formula = trace.algebra.normal_form(formula)
    passed = not trace.first_order[1]
    for _ in range(points):
        values = trace.at({g: sp.Integer(chance.randint(1, 10**12)) for g in trace.independent})
        left, right = trace.raw_value.xreplace(values), sp.sympify(formula).xreplace(values)
        passed &= bool(left.is_Rational) and left == right
    return Check(claim, f"exact arithmetic at {points} random points", bool(passed))


def digits(claim: str, left, right, points: Iterable[Point]) -> Check:
    """left = right to 30 digits at every point; a side may be a formula or a function of the point."""
    points = list(points)
    shown, passed = [], bool(points)
    for point in points:
        a, b = (_value(side, point) for side in (left, right))
        with mp.workdps(WORKING):
            size = max(abs(a), abs(b), mp.mpf(10) ** -DIGITS)
            passed &= bool(abs(a - b) <= size * mp.mpf(10) ** -DIGITS)
            shown.append(mp.nstr(a, DIGITS))
    method = f"{DIGITS} digits at {len(points)} points: {', '.join(p.label for p in points)}"
    return Check(claim, method, passed, tuple(shown))


def tends(claim: str, quantity: Callable, limit, sizes: Iterable, order) -> Check:
    """quantity(size) -> limit like size^order: the error falls at that rate over the given sizes.

    Passed when the observed rate between the last two sizes is within 5% of the order claimed: a limit
    that is wrong by more than a few per cent of the last error fails.
    """
    sizes = list(sizes)
    with mp.workdps(WORKING):
        errors = [abs(mp.mpf(quantity(size)) - limit) for size in sizes]
        rate = mp.log(errors[-1] / errors[-2]) / mp.log(mp.mpf(sizes[-1]) / sizes[-2])
        passed = abs(rate - order) <= 0.05 * abs(order)
        values = tuple(mp.nstr(error, 12) for error in errors)
    method = f"error falls like size^{mp.nstr(mp.mpf(order), 4)} (observed {mp.nstr(rate, 5)})"
    return Check(claim, method, bool(passed), values)


def _value(side, point):
    return side(point) if callable(side) else evaluate(side, point)
