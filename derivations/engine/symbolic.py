"""Formulas from a pencil: its fixed-point equations written out, reduced and solved by exact algebra.

The equations of each layer are block triangular: within a component they are nonlinear (first order),
between components linear (second order and up).  Everything is done in fields of fractions over the
rationals, where equality is decidable; traces enter as independent generators.
"""

from dataclasses import dataclass
from functools import cached_property

import sympy as sp
from sympy.polys.matrices import DomainMatrix

from derivations.engine.blocks import IDENTITY
from derivations.engine.eliminate import merge_proportional, solve_linear, solve_one_by_one, substitute
from derivations.engine.freeness import FixedPoint, Unknown, triangular_inverse
from derivations.engine.matrices import eigenvalue
from derivations.engine.pencil import realise
from derivations.engine.traces import Algebra, generators, tr


@dataclass(frozen=True)
class Resolvent:
    """R = 1 / polynomial on a space of deterministic matrices: the only denominator of G there."""

    symbol: sp.Symbol
    polynomial: sp.Expr  # monic and linear, matrix + shift, where one matrix occurs
    definition: tuple[sp.Symbol, sp.Expr] | None  # the shift: its name, and what it stands for


class SymbolicTrace:
    """lim E tr[expression] as a formula.

    Deterministic matrices are taken to commute; inside `tr` their names stand for them.
    `ridge` is the scalar to eliminate in favour of the shift of the resolvent, where there is one.
    """

    def __init__(self, expression, ridge: sp.Symbol | None = None):
        self.fixed_point = FixedPoint(realise(expression))
        self.ridge = ridge
        self.resolvents: list[Resolvent] = []

    @cached_property
    def _names(self) -> dict[Unknown, sp.Symbol]:
        """Unknown solved for -> its symbol: g_X for the entry of G beside a block X, otherwise x_i."""
        names: dict = {}
        for unknown, (original, _) in self.fixed_point.representatives.items():
            if unknown == original:
                beside = self._is_pure(unknown) and self.fixed_point.layer(unknown)[0] == 0
                name = f"g_{{{unknown.gaussian.name}}}" if beside else f"x_{len(names) + 1}"
                taken = {symbol.name for symbol in names.values()}
                while name in taken:
                    name += "'"
                names[unknown] = sp.Symbol(name)
        return names

    @cached_property
    def symbols(self) -> dict[Unknown, sp.Expr]:
        """Unknown -> its value, as a multiple of the symbol of the one solved for in its place."""
        return {
            unknown: factor * self.scale(original) * self._names[original]
            for unknown, (original, factor) in self.fixed_point.representatives.items()
        }

    @cached_property
    def unknowns(self) -> dict[sp.Symbol, Unknown]:
        """Symbol -> the unknown it names, in order."""
        return {symbol: unknown for unknown, symbol in self._names.items()}

    def scale(self, unknown) -> sp.Expr:
        """unknown / symbol: where G is a multiple of the identity the symbol is that multiple."""
        if not self._is_pure(unknown):
            return sp.S.One
        return unknown.gaussian.variance * self.fixed_point.pencil.sizes[unknown.place[0]]

    def _is_pure(self, unknown) -> bool:
        return self.fixed_point.pencil.sizes[unknown.place[0]] not in self.fixed_point.spectral

    @cached_property
    def matrices(self) -> list[sp.Symbol]:
        return [eigenvalue(matrix) for matrix in self.fixed_point.matrices()]

    @cached_property
    def algebra(self) -> Algebra:
        """The matrices and resolvents that the formula's traces are made of."""
        self.raw_value  # noqa: B018 (finds every resolvent)
        (size,) = self.fixed_point.spectral
        pairs = tuple((r.symbol, r.polynomial) for r in self.resolvents)
        return Algebra(tuple(self.matrices), pairs, size)

    @cached_property
    def _field(self):
        pencil = self.fixed_point.pencil
        scalars = [pencil.factor, *pencil.sizes, *self.symbols.values()]
        scalars += [value for block in pencil.blocks.values() for value in block.values()]
        scalars += [unknown.gaussian.variance for unknown in self.unknowns.values()]
        shifts = [
            sp.Symbol("kappa" + "'" * number, positive=True) for number in range(len(pencil.sizes))
        ]
        found = set().union(*(sp.sympify(s).free_symbols for s in scalars))
        self._shifts = shifts
        return sp.QQ.frac_field(*sorted(found, key=sp.default_sort_key), *shifts)

    def _entries(self, size) -> dict:
        """D - eta on the indices of one size, as expressions."""
        sizes, H = self.fixed_point.pencil.sizes, {}
        places = self.fixed_point.pencil.blocks.keys() | self.fixed_point.eta.keys()
        for place in sorted(places):
            if sizes[place[0]] != size or sizes[place[1]] != size:
                continue
            total = sp.S.Zero
            for atom, value in self.fixed_point.deterministic(*place).items():
                total += value * (1 if atom is IDENTITY else eigenvalue(atom))
            for unknown, value in self.fixed_point.eta.get(place, {}).items():
                image = 1 if unknown.image is IDENTITY else eigenvalue(unknown.image)
                total -= value * self.symbols[unknown] * image
            if total != 0:
                H[place] = total
        return H

    @cached_property
    def _inverses(self) -> dict:
        """size -> (G by place, function from an entry of G times a matrix to its trace)."""
        return {
            size: self._spectral(size) if size in self.fixed_point.spectral else self._pure(size)
            for size in dict.fromkeys(self.fixed_point.pencil.sizes)
        }

    def _pure(self, size):
        field = self._field
        H = {place: field.from_sympy(value) for place, value in self._entries(size).items()}

        def invert(H, part):
            rows = [[H.get((i, j), field.zero) for j in part] for i in part]
            inverse = DomainMatrix(rows, (len(part), len(part)), field).inv().to_list()
            return {
                (i, j): inverse[a][b]
                for a, i in enumerate(part)
                for b, j in enumerate(part)
                if inverse[a][b]
            }

        G = triangular_inverse(H, self.fixed_point.indices(size), lambda a, b: a * b, invert)
        return G, lambda entry, weight: size * field.to_sympy(entry)

    def _spectral(self, size):
        field, ring = self._field, self._field[tuple(self.matrices)]
        parts = self.fixed_point.indices(size)
        H = {place: ring.from_sympy(value) for place, value in self._entries(size).items()}
        inverses = {}
        for part in parts:
            rows = [[H.get((i, j), ring.zero) for j in part] for i in part]
            inverses[tuple(part)] = DomainMatrix(rows, (len(part), len(part)), ring).adj_det()
        of_part = {part: self._resolvent(det, ring) for part, (_, det) in inverses.items()}
        symbols = [resolvent.symbol for resolvent in self.resolvents]
        full = field[(*self.matrices, *symbols)]
        relations = [full.from_sympy(r.polynomial * r.symbol - 1) for r in self.resolvents]

        def normal(element):
            return element.rem(relations) if relations else element

        def lift(element):
            return element.set_ring(full.ring)

        def invert(_, part):
            adjugate, _ = inverses[tuple(part)]
            resolvent, unit = of_part[tuple(part)]
            scale = full.from_sympy(resolvent.symbol if resolvent else sp.S.One).mul_ground(1 / unit)
            rows = adjugate.to_list()
            return {
                (i, j): normal(lift(rows[a][b]) * scale)
                for a, i in enumerate(part)
                for b, j in enumerate(part)
                if rows[a][b]
            }

        def trace(entry, weight):
            if weight is not IDENTITY:
                entry = normal(entry * full.from_sympy(eigenvalue(weight)))
            total = sp.S.Zero
            for monomial, coefficient in entry.terms():
                factors = zip(full.symbols, monomial, strict=True)
                inside = sp.Mul(*(symbol**power for symbol, power in factors))
                total += field.to_sympy(coefficient) * (tr(inside) if inside != 1 else size)
            return total

        lifted = {place: lift(value) for place, value in H.items()}
        return triangular_inverse(lifted, parts, lambda a, b: normal(a * b), invert), trace

    def _resolvent(self, determinant, ring):
        """The resolvent 1 / polynomial with determinant = unit * polynomial, and the unit."""
        matrices = [
            m for m in self.matrices if ring.from_sympy(m) and determinant.degree(ring.from_sympy(m)) > 0
        ]
        if not matrices:
            return None, determinant.coeff(1)
        polynomial, definition, unit = determinant, None, self._field.one
        if len(matrices) == 1 and determinant.degree(ring.from_sympy(matrices[0])) == 1:
            unit = determinant.coeff(ring.from_sympy(matrices[0]))
            shift_value = self._field.to_sympy(determinant.coeff(1) / unit)
            for known in self.resolvents:
                if (
                    known.definition
                    and known.definition[1] == shift_value
                    and known.polynomial.has(matrices[0])
                ):
                    return known, unit
            shift = self._shifts[len(self.resolvents)]
            polynomial, definition = matrices[0] + shift, (shift, shift_value)
        else:
            constant = determinant.coeff(1)
            if constant and constant.numer.LC * constant.denom.LC < 0:  # positive on the physical branch
                polynomial, unit = -determinant, -unit
            polynomial = ring.to_sympy(polynomial)
            for known in self.resolvents:
                if sp.expand(known.polynomial - polynomial) == 0:
                    return known, unit
        symbol = sp.Symbol("R" + "'" * len(self.resolvents), positive=True)
        self.resolvents.append(Resolvent(symbol, polynomial, definition))
        return self.resolvents[-1], unit

    @cached_property
    def equations(self) -> dict[sp.Symbol, sp.Expr]:
        """x_i -> right side of its fixed-point equation, before any reduction."""
        result = {}
        for symbol, unknown in self.unknowns.items():
            k, l = unknown.place
            G, trace = self._inverses[self.fixed_point.pencil.sizes[k]]
            total = unknown.gaussian.variance * trace(G[k, l], unknown.weight)
            result[symbol] = sp.cancel(total / self.scale(unknown)) if self._is_pure(unknown) else total
        return result

    @cached_property
    def raw_value(self) -> sp.Expr:
        """lim tr[expression] in the unknowns and traces, before any reduction."""
        pencil = self.fixed_point.pencil
        G, trace = self._inverses[pencil.sizes[pencil.left]]
        return pencil.factor * trace(G[pencil.left, pencil.right], IDENTITY)

    def _of_distance(self, distance) -> dict:
        layer = self.fixed_point.layer
        return {x: f for x, f in self.equations.items() if layer(self.unknowns[x])[0] == distance}

    @cached_property
    def merged(self) -> dict:
        """First-order unknowns that are multiples of others."""
        return merge_proportional(self._of_distance(0))[0]

    @cached_property
    def first_order(self) -> tuple[dict, list]:
        """What the nonlinear equations determine, and the equations left over.

        With one resolvent of shift kappa everything is a function of kappa, the ridge too.  Otherwise
        the entries g survive, and the traces of first powers of the resolvents are functions of them.
        """
        _, equations = merge_proportional(self._of_distance(0))
        self.raw_value  # noqa: B018 (finds every resolvent)
        conditions = [x - f for x, f in equations.items()]
        order = sorted(equations, key=lambda x: self._is_pure(self.unknowns[x]))
        if all(r.definition for r in self.resolvents):
            conditions += [
                shift - value.subs(self.merged)
                for shift, value in (r.definition for r in self.resolvents if r.definition)
            ]
        else:
            traces = [g for g in generators(conditions) if isinstance(g, tr)]
            order = [x for x in order if not self._is_pure(self.unknowns[x])] + traces
        order += [self.ridge] if self.ridge is not None and self.resolvents else []
        solved, left = solve_one_by_one(conditions, order)
        solved |= {x: substitute(f, solved) for x, f in self.merged.items()}
        return solved, left

    @cached_property
    def solution(self) -> dict:
        """Every unknown, in scalars, traces and the shifts of the resolvents."""
        solved, _ = self.first_order
        known = dict(solved)
        for distance in range(1, len(self.fixed_point.components)):
            layer = self._of_distance(distance)
            if layer:
                known |= solve_linear(layer, known)
        return known

    @cached_property
    def value(self) -> sp.Expr:
        """lim tr[expression], reduced to traces, scalars and the shifts of the resolvents."""
        return substitute(self.raw_value, self.solution)

    def reduced(self, expression):
        """Any expression in traces, in the same normal form and the same variables as `value`."""
        solved, _ = self.first_order
        return substitute(self.algebra.normal_form(expression), solved)

    def displayed(self, expression):
        """With every resolvent written out."""
        return expression.subs({r.symbol: 1 / r.polynomial for r in self.resolvents})
