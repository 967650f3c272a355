"""A pencil's fixed-point equations written out, before any reduction."""

from functools import cached_property

import sympy as sp

from derivations.engine.blocks import IDENTITY
from derivations.engine.freeness import FixedPoint, Unknown
from derivations.engine.inverses import ExactInverses, Inverse, Resolvent
from derivations.engine.matrices import eigenvalue
from derivations.engine.pencil import realise
from derivations.engine.traces import Algebra


class RawTrace:
    """lim E tr[expression] and the equations it takes, in the unknowns of the fixed point.

    Deterministic matrices are taken to commute; inside `tr` their names stand for them.
    """

    def __init__(self, expression):
        self.fixed_point = FixedPoint(realise(expression))

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
        sizes = self.fixed_point.spectral
        pairs = tuple((r.symbol, r.polynomial) for r in self.resolvents)
        return Algebra(tuple(self.matrices), pairs, next(iter(sizes)) if len(sizes) == 1 else None)

    @cached_property
    def _field(self):
        pencil = self.fixed_point.pencil
        scalars = [pencil.factor, *pencil.sizes, *self.symbols.values()]
        scalars += [value for block in pencil.blocks.values() for value in block.values()]
        scalars += [unknown.gaussian.variance for unknown in self.unknowns.values()]
        names = set().union(*(sp.sympify(s).free_symbols for s in scalars))
        return sp.QQ.frac_field(*sorted(names, key=sp.default_sort_key), *self._shifts)

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
    def _exact(self) -> ExactInverses:
        return ExactInverses(self._field, self.matrices, self._shifts)

    @cached_property
    def _inverses(self) -> dict[sp.Expr, Inverse]:
        """G on the indices of each size."""
        inverses = {}
        for size in dict.fromkeys(self.fixed_point.pencil.sizes):
            pure = size not in self.fixed_point.spectral
            invert = self._exact.of_scalars if pure else self._exact.of_matrices
            inverses[size] = invert(self._entries(size), self.fixed_point.indices(size), size)
        return inverses

    @property
    def resolvents(self) -> list[Resolvent]:
        """The resolvents that G needs, in the order of their discovery."""
        _ = self._inverses
        return self._exact.resolvents

    @cached_property
    def equations(self) -> dict[sp.Symbol, sp.Expr]:
        """x_i -> right side of its fixed-point equation, before any reduction."""
        result = {}
        for symbol, unknown in self.unknowns.items():
            k, l = unknown.place
            G = self._inverses[self.fixed_point.pencil.sizes[k]]
            trace = G.trace(G.entries[k, l], unknown.weight) if (k, l) in G.entries else sp.S.Zero
            total = unknown.gaussian.variance * trace
            result[symbol] = sp.cancel(total / self.scale(unknown)) if self._is_pure(unknown) else total
        return result

    @cached_property
    def raw_value(self) -> sp.Expr:
        """lim tr[expression] in the unknowns and traces, before any reduction."""
        pencil = self.fixed_point.pencil
        G = self._inverses[pencil.sizes[pencil.left]]
        place = pencil.left, pencil.right
        return pencil.factor * G.trace(G.entries[place], IDENTITY) if place in G.entries else sp.S.Zero
