"""A pencil's fixed-point equations written out, before any reduction.

G is found on each space of indices of one size.  Where only multiples of the identity live (samples,
widths) its entries are rational in the unknowns; where deterministic matrices live they are polynomials
in these and in a resolvent R, whose denominator is the determinant of D - eta there.
"""

from dataclasses import dataclass
from functools import cached_property

import sympy as sp
from sympy.polys.matrices import DomainMatrix

from derivations.engine.blocks import IDENTITY
from derivations.engine.freeness import FixedPoint, Unknown, triangular_inverse
from derivations.engine.matrices import eigenvalue
from derivations.engine.pencil import realise
from derivations.engine.traces import Algebra, tr


@dataclass(frozen=True)
class Resolvent:
    """R = 1 / polynomial on a space of deterministic matrices: the only denominator of G there."""

    symbol: sp.Symbol
    unshifted: sp.Expr  # the matrix, where one occurs and does so linearly; otherwise the polynomial
    name: sp.Symbol | None  # of the shift
    shift: sp.Expr | None  # what it stands for; None where there are several matrices

    @property
    def polynomial(self) -> sp.Expr:
        """matrix + shift, or a polynomial of several matrices."""
        return self.unshifted if self.name is None else self.unshifted + self.name


class RawTrace:
    """lim E tr[expression] and the equations it takes, in the unknowns of the fixed point.

    Deterministic matrices are taken to commute; inside `tr` their names stand for them.
    """

    def __init__(self, expression):
        self.fixed_point = FixedPoint(realise(expression))
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

    @property
    def entries(self) -> dict[str, sp.Symbol]:
        """Name of a Gaussian block -> the entry of G beside it, where that is a multiple of I."""
        return {
            unknown.gaussian.name: symbol
            for unknown, symbol in self._names.items()
            if symbol.name.startswith("g_")
        }

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
        sizes = self.fixed_point.spectral
        pairs = tuple((r.symbol, r.polynomial) for r in self.resolvents)
        return Algebra(tuple(self.matrices), pairs, next(iter(sizes)) if len(sizes) == 1 else None)

    @cached_property
    def _field(self):
        pencil = self.fixed_point.pencil
        scalars = [pencil.factor, *pencil.sizes, *self.symbols.values()]
        scalars += [value for block in pencil.blocks.values() for value in block.values()]
        scalars += [unknown.gaussian.variance for unknown in self.unknowns.values()]
        found = set().union(*(sp.sympify(s).free_symbols for s in scalars))
        return sp.QQ.frac_field(*sorted(found, key=sp.default_sort_key), *self._shifts)

    @cached_property
    def _shifts(self) -> list[sp.Symbol]:
        """Names for the shifts of resolvents: kappa, kappa', ..."""
        numbers = range(len(self.fixed_point.components))
        return [sp.Symbol("kappa" + "'" * number, positive=True) for number in numbers]

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
        degrees = {matrix: determinant.degree(ring.from_sympy(matrix)) for matrix in self.matrices}
        present = [matrix for matrix, degree in degrees.items() if degree > 0]
        constant = determinant.coeff(1)
        if not present:
            return None, constant
        if len(present) == 1 and degrees[present[0]] == 1:
            unit = determinant.coeff(ring.from_sympy(present[0]))
            shift = self._field.to_sympy(constant / unit)
            return self._named(present[0], shift), unit
        # Of one sign with the constant, R is positive where entries and ridge are.
        leading = constant or determinant.LC
        negative = leading.numer.LC * leading.denom.LC < 0
        unit = -self._field.one if negative else self._field.one
        return self._named(ring.to_sympy(-determinant if negative else determinant), None), unit

    def _named(self, polynomial, shift) -> "Resolvent":
        """The resolvent of polynomial + shift, the same one each time."""
        for known in self.resolvents:
            if (known.unshifted, known.shift) == (polynomial, shift):
                return known
        primes = "'" * len(self.resolvents)
        symbol = sp.Symbol("R" + primes, positive=True)  # as the formulas' own R
        name = self._shifts[len(self.resolvents)] if shift else None
        self.resolvents.append(Resolvent(symbol, polynomial, name, shift))
        return self.resolvents[-1]

    @cached_property
    def equations(self) -> dict[sp.Symbol, sp.Expr]:
        """x_i -> right side of its fixed-point equation, before any reduction."""
        result = {}
        for symbol, unknown in self.unknowns.items():
            k, l = unknown.place
            G, trace = self._inverses[self.fixed_point.pencil.sizes[k]]
            total = unknown.gaussian.variance * (
                trace(G[k, l], unknown.weight) if (k, l) in G else sp.S.Zero
            )
            result[symbol] = sp.cancel(total / self.scale(unknown)) if self._is_pure(unknown) else total
        return result

    @cached_property
    def raw_value(self) -> sp.Expr:
        """lim tr[expression] in the unknowns and traces, before any reduction."""
        pencil = self.fixed_point.pencil
        G, trace = self._inverses[pencil.sizes[pencil.left]]
        place = pencil.left, pencil.right
        return pencil.factor * trace(G[place], IDENTITY) if place in G else sp.S.Zero
