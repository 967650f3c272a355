"""Formulas in traces, evaluated at points to 50 digits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import mpmath as mp
import sympy as sp

from derivations.engine.traces import tr

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
    return [*map(precise, point.numbers.values())], [[*map(precise, row)] for row in rows]


def precise(value) -> mp.mpf:
    """A number at mpmath's working precision; rationals exactly rounded."""
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
