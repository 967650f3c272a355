"""Traces of functions of commuting deterministic matrices, as symbols of an algebra."""

from dataclasses import dataclass
from functools import cache

import sympy as sp
from sympy.polys.groebnertools import groebner


class tr(sp.Function):  # noqa: N801 (a mathematical function, named as it is written)
    """tr[f], where the symbols inside f stand for commuting deterministic matrices."""

    nargs = 1

    def _eval_derivative(self, s):
        return tr(self.args[0].diff(s))

    def _latex(self, printer, exp=None):
        inner = printer.doprint(self.args[0])
        plain = rf"\operatorname{{tr}}\left[{inner}\right]"
        return plain if exp is None else rf"{plain}^{{{exp}}}"


def generators(expressions) -> list:
    """The symbols and traces of the expressions; what stands inside a trace does not count."""
    atoms: set = set()

    def walk(node):
        if isinstance(node, tr) or node.is_Symbol:
            atoms.add(node)
        else:
            for argument in node.args:
                walk(argument)

    for expression in expressions:
        walk(sp.sympify(expression))
    return sorted(atoms, key=sp.default_sort_key)


@cache
def basis(relations: tuple, ring) -> list:
    """A Groebner basis: a remainder on division by it is 0 where the relations make an element 0."""
    return groebner(relations, ring.ring) if len(relations) > 1 else list(relations)


@dataclass(frozen=True)
class Algebra:
    """Commuting matrices of one size, and resolvents R = 1 / polynomial of them."""

    matrices: tuple
    resolvents: tuple = ()  # pairs (R, polynomial)
    size: sp.Expr | None = None  # tr[1]; None keeps it as it stands

    def normal_form(self, expression):
        """The same expression, every trace a combination of traces of independent monomials.

        One trace may stand inside another, as a scalar.  A resolvent may be written as its symbol or as
        1 / polynomial.
        """
        once = cache(self._reduce)  # a formula has each of its traces in many places
        return sp.sympify(expression).replace(lambda node: isinstance(node, tr), once)

    def _reduce(self, trace):
        symbols = [*self.matrices, *(symbol for symbol, _ in self.resolvents)]
        inside = trace.args[0]
        relations = [polynomial * symbol - 1 for symbol, polynomial in self.resolvents]
        scalars = [g for g in generators([inside, *relations]) if g not in symbols]
        field = sp.QQ.frac_field(*scalars) if scalars else sp.QQ
        ring = field[tuple(symbols)]
        whole = sp.QQ.frac_field(*scalars, *symbols).from_sympy(inside)
        element = ring.from_sympy(whole.numer.as_expr())
        denominator = ring.from_sympy(whole.denom.as_expr())
        for symbol, polynomial in self.resolvents:  # 1 / polynomial^k is R^k
            factor = ring.from_sympy(polynomial)
            while not denominator.is_ground and not denominator.rem([factor]):
                denominator = denominator.exquo(factor)
                element *= ring.from_sympy(symbol)
        element = element.mul_ground(1 / field.from_sympy(denominator.as_expr()))
        element = element.rem(basis(tuple(map(ring.from_sympy, relations)), ring))
        total = sp.S.Zero
        for monomial, coefficient in element.terms():
            matrix = sp.Mul(*(s**power for s, power in zip(symbols, monomial, strict=True)))
            one = self.size if matrix == 1 and self.size is not None else tr(matrix)
            total += field.to_sympy(coefficient) * one
        return total
