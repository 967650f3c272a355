"""Checks of a claimed equality: by exact algebra, and by digits at points of its domain."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

import mpmath as mp
import sympy as sp

from derivations.engine.eliminate import substitute
from derivations.engine.traces import tr
from derivations.steps import Check

DIGITS = 30  # that two sides must share
WORKING = 50  # digits of the arithmetic


@dataclass(frozen=True)
class Point:
    """A point of a claim's domain: numbers by symbol, eigenvalues by the symbol of their matrix."""

    label: str
    numbers: Mapping = field(default_factory=dict)
    spectra: Mapping = field(default_factory=dict)


def evaluate(expression, point: Point) -> mp.mpf:
    """The expression at a point, in 50 digits; a trace is the sum over the joint eigenvalues.

    Raises ValueError where a symbol has no value there.
    """
    with mp.workdps(WORKING):
        numbers, rows = _numbers(point, expression)
        sums, outer = _compiled(sp.sympify(expression), (*point.numbers,), (*point.spectra,))
        for inside in sums:
            numbers.append(mp.fsum(inside(*numbers, *row) for row in rows))
        return mp.mpf(outer(*numbers))


def each_eigenvalue(function, point: Point) -> list[mp.mpf]:
    """A function of commuting matrices at each of their joint eigenvalues, in 50 digits."""
    with mp.workdps(WORKING):
        numbers, rows = _numbers(point, function)
        inside = _function((*point.numbers, *point.spectra), sp.sympify(function))
        return [mp.mpf(inside(*numbers, *row)) for row in rows]


def _numbers(point, expression):
    missing = sp.sympify(expression).free_symbols - set(point.numbers) - set(point.spectra)
    if missing:
        raise ValueError(f"point = {point.label}: expected a value for {sorted(map(str, missing))}")
    rows = zip(*point.spectra.values(), strict=True)
    return [*map(_number, point.numbers.values())], [[*map(_number, row)] for row in rows]


def _number(value):
    return mp.mpf(value.p) / value.q if isinstance(value, sp.Rational) else mp.mpf(value)


@cache
def _compiled(expression, numbers, matrices):
    """A function for every trace, innermost first, and one for what remains once they are numbers."""
    names, sums = list(numbers), []
    while traces := [t for t in expression.atoms(tr) if not t.args[0].has(tr)]:
        for trace in sorted(traces, key=sp.default_sort_key):
            sums.append(_function((*names, *matrices), trace.args[0]))
            names.append(sp.Symbol(f"sum_{len(sums)}"))
            expression = expression.xreplace({trace: names[-1]})
    return sums, _function(tuple(names), expression)


@cache
def _function(names, expression):
    return sp.lambdify(names, expression, modules="mpmath")


def exact(claim: str, left, right, reduced: Callable = lambda expression: expression) -> Check:
    """left = right as elements of a field of fractions, traces as its generators.

    `reduced` brings both sides to normal form: an `Algebra.normal_form`, a `SymbolicTrace.reduced`.
    """
    passed = substitute(reduced(sp.sympify(left) - sp.sympify(right)), {}) == 0
    return Check(claim, "exact algebra", bool(passed))


def digits(claim: str, left, right, points: Iterable[Point]) -> Check:
    """left = right to 30 digits at every point; either may be an expression or a function of the point."""
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

    Passed when the observed rate between the last two sizes is within 5% of the order claimed.
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
