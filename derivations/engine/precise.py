"""A pencil's fixed-point equations, unreduced, solved to many digits: the oracle for their reduction."""

import mpmath as mp
import sympy as sp

from derivations.engine.numeric import NumericTrace
from derivations.engine.points import WORKING, Point, each_eigenvalue, evaluate
from derivations.engine.raw import RawTrace


class PreciseTrace:
    """lim E tr[expression] at a point, in 50 digits, from the raw fixed-point equations.

    Double precision chooses the branch and Newton's method polishes it; nothing of the elimination in
    `symbolic` is used.  Deterministic matrices commute.  Raises ArithmeticError where the equations
    could not be solved.
    """

    def __init__(self, expression):
        self.raw = RawTrace(expression)
        self.numeric = NumericTrace(expression)
        self._symbols = {unknown: symbol for symbol, unknown in self.raw.unknowns.items()}

    def __call__(self, point: Point) -> mp.mpf:
        guess = self._double_precision(point)
        layer = self.raw.fixed_point.layer
        known: dict = {}
        with mp.workdps(WORKING):
            for distance in range(len(self.raw.fixed_point.components)):
                unknowns = [u for u in guess if layer(u)[0] == distance]
                if unknowns:
                    known |= self._solve_layer(unknowns, guess, known, point)
            return evaluate(self.raw.raw_value, self._with(known, point))

    def _double_precision(self, point) -> dict:
        def floats(matrix):
            return [float(value) for value in point.spectra[sp.Symbol(matrix.name, positive=True)]]

        matrices = {matrix: floats(matrix) for matrix in self.numeric.matrices}
        numbers = {symbol: float(point.numbers[symbol]) for symbol in self.numeric.numbers}
        solution = self.numeric(numbers, matrices)
        if not solution.converged:
            raise ArithmeticError(f"point = {point.label}: no solution in double precision")
        return {
            unknown: float(value) / evaluate(self.raw.scale(unknown), Point("", point.numbers))
            for unknown, value in zip(self.numeric.unknowns, solution.unknowns, strict=True)
        }

    def _solve_layer(self, unknowns, guess, known, point) -> dict:
        symbols = [self._symbols[unknown] for unknown in unknowns]
        sides = [self.raw.equations[symbol] for symbol in symbols]

        def residuals(*values):
            at = self._with(known | dict(zip(symbols, values, strict=True)), point)
            return [evaluate(f, at) - x for f, x in zip(sides, values, strict=True)]

        roots = mp.findroot(residuals, [guess[unknown] for unknown in unknowns])
        return dict(zip(symbols, roots, strict=True))

    def _with(self, known, point) -> Point:
        """The point with values for unknowns, shifts and resolvents."""
        numbers, spectra = {**point.numbers, **known}, dict(point.spectra)
        for resolvent in self.raw.resolvents:
            if resolvent.name:
                numbers[resolvent.name] = evaluate(resolvent.shift, Point(point.label, numbers))
        at = Point(point.label, numbers, point.spectra)
        for resolvent in self.raw.resolvents:
            spectra[resolvent.symbol] = [1 / q for q in each_eigenvalue(resolvent.polynomial, at)]
        return Point(point.label, numbers, spectra)
