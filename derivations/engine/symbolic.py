"""Formulas from a pencil: its fixed-point equations reduced and solved by exact algebra.

Within a component of the pencil the equations are nonlinear (first order), between components linear
(second order and up), so they are solved layer by layer.  Everything is done in fields of fractions
over the rationals, with traces as independent generators.  There equality is decidable: traces of
several resolvents, which are not independent, are reduced by a Groebner basis of their relations.
"""

from functools import cached_property

import sympy as sp

from derivations.engine.eliminate import merge_proportional, solve_linear, solve_one_by_one, substitute
from derivations.engine.raw import RawTrace
from derivations.engine.traces import generators, tr


class SymbolicTrace(RawTrace):
    """lim E tr[expression] as a formula.

    `ridges` are the scalars to eliminate in favour of the shifts kappa, kappa' of the resolvents.
    """

    def __init__(self, expression, *ridges: sp.Symbol):
        super().__init__(expression)
        if isinstance(expression, sp.ZeroMatrix):
            ridges = ()  # they went with what cancelled
        for ridge in ridges:
            if ridge not in self._field.symbols:
                raise ValueError(f"ridge = {ridge}: expected a scalar symbol of the expression")
        self.ridges = ridges

    @cached_property
    def layers(self) -> list[dict]:
        """The equations by the distance of the components they join: first order, then linear ones."""
        layers: list[dict] = [{} for _ in self.fixed_point.components]
        for x, f in self.equations.items():
            layers[self.fixed_point.layer(self.unknowns[x])[0]][x] = f
        return layers

    @cached_property
    def _merged(self) -> tuple[dict, dict]:
        return merge_proportional(self.layers[0])

    @property
    def merged(self) -> dict:
        """First-order unknowns that are multiples of others."""
        return self._merged[0]

    @cached_property
    def first_order(self) -> tuple[dict, list]:
        """What the nonlinear equations determine, and the equations left over.

        Where every resolvent has a shift, everything is a function of the shifts, the ridges too.
        Otherwise the entries g survive, and the traces of first powers of the resolvents are functions
        of them.
        """
        _, equations = self._merged
        conditions = [x - f for x, f in equations.items()]
        order = sorted(equations, key=lambda x: self._is_pure(self.unknowns[x]))
        shifts = [(r.name, sp.sympify(r.shift)) for r in self.resolvents if r.name is not None]
        if all(r.shift is not None for r in self.resolvents):
            conditions += [name - value.subs(self.merged) for name, value in shifts]
        else:
            traces = [g for g in generators(conditions) if isinstance(g, tr)]
            order = [x for x in order if not self._is_pure(self.unknowns[x])] + traces
        order += self.ridges if self.resolvents else ()
        solved, left = solve_one_by_one(conditions, order)
        solved |= {x: substitute(f, solved) for x, f in self.merged.items()}
        return solved, left

    @cached_property
    def solution(self) -> dict:
        """Every unknown, in scalars, traces and the shifts of the resolvents."""
        solved, _ = self.first_order
        known = dict(solved)
        for layer in self.layers[1:]:
            known |= solve_linear(layer, known)
        return known

    @cached_property
    def value(self) -> sp.Expr:
        """lim tr[expression], reduced to traces, scalars and the shifts of the resolvents."""
        return substitute(self.raw_value, self.solution)

    @cached_property
    def independent(self) -> list:
        """The scalars and traces that `value` is a rational function of."""
        solved, _ = self.first_order
        higher = {x for layer in self.layers[1:] for x in layer}
        names = generators([*solved.values(), *self.equations.values(), self.raw_value])
        return [g for g in names if g not in solved and g not in higher]

    def at(self, numbers: dict) -> dict:
        """Every unknown where the independent quantities are these rational numbers, exactly.

        The linear layers are solved in rational numbers there, which is quick where elimination is not.
        """
        solved, _ = self.first_order
        values = dict(numbers) | {x: sp.sympify(f).xreplace(numbers) for x, f in solved.items()}
        for layer in self.layers[1:]:
            values |= solve_linear(layer, values)
        return values

    @property
    def formula(self) -> sp.Expr:
        """`value`, factored and with every resolvent written out."""
        written = {resolvent.symbol: 1 / resolvent.polynomial for resolvent in self.resolvents}
        return sp.factor(self.value).subs(written)

    def reduced(self, expression):
        """Any expression in traces, in the same normal form and the same variables as `value`."""
        solved, _ = self.first_order
        return substitute(self.algebra.normal_form(expression), solved)
