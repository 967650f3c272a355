"""G = (D - eta)^-1 by exact algebra, one space of indices of equal size at a time.

Where only multiples of the identity live (samples, widths) the entries of G are rational in the
unknowns; where deterministic matrices live they are polynomials in these and in a resolvent R, whose
denominator is the determinant of D - eta there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sympy as sp
from sympy.polys.matrices import DomainMatrix
from sympy.polys.matrices.exceptions import DMNonInvertibleMatrixError

from derivations.engine.blocks import IDENTITY
from derivations.engine.matrices import eigenvalue
from derivations.engine.traces import basis, tr
from derivations.engine.triangular import SINGULAR, triangular_inverse


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


@dataclass(frozen=True)
class Inverse:
    """The entries of G on one size, by place, and the trace of an entry times a matrix."""

    entries: dict
    trace: Callable


class ExactInverses:
    """Inverses over one field of scalars, and the resolvents that they have needed so far."""

    def __init__(self, field, matrices: Sequence[sp.Symbol], shifts: Sequence[sp.Symbol]):
        self.field = field
        self.ring = field[tuple(matrices)]
        self.matrices = matrices
        self.shifts = shifts  # names for the shifts of resolvents
        self.resolvents: list[Resolvent] = []

    def of_scalars(self, blocks: dict, parts: list[list[int]], size) -> Inverse:
        """Where every block is a multiple of the identity."""
        field = self.field
        H = {place: field.from_sympy(value) for place, value in blocks.items()}

        def invert(H, part):
            try:
                inverse = _square(H, part, field).inv()
            except DMNonInvertibleMatrixError:
                raise ValueError(SINGULAR) from None
            return _by_place(inverse.to_list(), part)

        G = triangular_inverse(H, parts, lambda a, b: a * b, invert)
        return Inverse(G, lambda entry, weight: size * field.to_sympy(entry))

    def of_matrices(self, blocks: dict, parts: list[list[int]], size) -> Inverse:
        """Where deterministic matrices stand in the blocks: by adjugates and resolvents."""
        H = {place: self.ring.from_sympy(value) for place, value in blocks.items()}
        adjugates = {tuple(part): _square(H, part, self.ring).adj_det() for part in parts}
        of_part = {part: self._resolvent(det) for part, (_, det) in adjugates.items()}
        full = self.field[(*self.matrices, *(resolvent.symbol for resolvent in self.resolvents))]
        relations = [full.from_sympy(r.polynomial * r.symbol - 1) for r in self.resolvents]
        reducing = basis(tuple(relations), full)

        def normal(element):
            return element.rem(reducing)

        def invert(_, part):
            resolvent, unit = of_part[tuple(part)]
            scale = full.from_sympy(resolvent.symbol if resolvent else sp.S.One).mul_ground(1 / unit)
            adjugate = _by_place(adjugates[tuple(part)][0].to_list(), part)
            return {
                place: normal(entry.set_ring(full.ring) * scale) for place, entry in adjugate.items()
            }

        lifted = {place: value.set_ring(full.ring) for place, value in H.items()}
        G = triangular_inverse(lifted, parts, lambda a, b: normal(a * b), invert)

        def trace(entry, weight):
            if weight is not IDENTITY:
                entry = normal(entry * full.from_sympy(eigenvalue(weight)))
            return self._trace(entry, full.symbols, size)

        return Inverse(G, trace)

    def _trace(self, entry, symbols, size) -> sp.Expr:
        """The trace of a polynomial in matrices and resolvents, monomial by monomial."""
        total = sp.S.Zero
        for monomial, coefficient in entry.terms():
            inside = sp.Mul(*(symbol**power for symbol, power in zip(symbols, monomial, strict=True)))
            total += self.field.to_sympy(coefficient) * (tr(inside) if inside != 1 else size)
        return total

    def _resolvent(self, determinant):
        """The resolvent 1 / polynomial with determinant = unit * polynomial, and the unit."""
        if not determinant:
            raise ValueError(SINGULAR)
        ring = self.ring
        degrees = {matrix: determinant.degree(ring.from_sympy(matrix)) for matrix in self.matrices}
        present = [matrix for matrix, degree in degrees.items() if degree > 0]
        constant = determinant.coeff(1)
        if not present:
            return None, constant
        if len(present) == 1 and degrees[present[0]] == 1:
            unit = determinant.coeff(ring.from_sympy(present[0]))
            return self._named(present[0], self.field.to_sympy(constant / unit)), unit
        # Of one sign with the constant, R is positive where entries and ridge are.
        leading = constant or determinant.LC
        negative = leading.numer.LC * leading.denom.LC < 0
        unit = -self.field.one if negative else self.field.one
        return self._named(ring.to_sympy(-determinant if negative else determinant), None), unit

    def _named(self, polynomial, shift) -> Resolvent:
        """The resolvent of polynomial + shift, the same one each time."""
        for known in self.resolvents:
            if (known.unshifted, known.shift) == (polynomial, shift):
                return known
        primes = "'" * len(self.resolvents)
        symbol = sp.Symbol("R" + primes, positive=True)  # as the formulas' own R
        name = self.shifts[len(self.resolvents)] if shift else None
        self.resolvents.append(Resolvent(symbol, polynomial, name, shift))
        return self.resolvents[-1]


def _square(H, part, domain) -> DomainMatrix:
    """The blocks of one component, zeros filled in."""
    rows = [[H.get((i, j), domain.zero) for j in part] for i in part]
    return DomainMatrix(rows, (len(part), len(part)), domain)


def _by_place(rows, part) -> dict:
    """The entries of a component's matrix by place, zeros left out."""
    return {(i, j): rows[a][b] for a, i in enumerate(part) for b, j in enumerate(part) if rows[a][b]}
