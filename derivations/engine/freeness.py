"""Operator-valued free probability: from a pencil to its fixed-point equations.

Split a pencil as L = D - W, with deterministic D and Gaussian W.  In the limit of large blocks

    G = E[L^-1] = (D - eta(G))^-1,      eta(G) = E[W G W]

(the matrix Dyson equation).  Its blocks are deterministic matrices, and eta needs only a few numbers:
for a block X of row covariance Sigma,

    E[X G_kl X^T] = variance tr[Sigma G_kl] I,       E[X^T G_kl X] = variance tr[G_kl] Sigma,

so the unknowns are those traces, one for each place (k, l) that sits between an X and an X^T.  G
couples indices of equal size only, and is block triangular along the pencil's components.
"""

from dataclasses import dataclass
from functools import cached_property

import sympy as sp

from derivations.engine.blocks import IDENTITY, Pencil
from derivations.engine.matrices import Gaussian, is_random
from derivations.engine.twins import match


@dataclass(frozen=True)
class Unknown:
    """variance tr[covariance G_kl] (where an X stands before G) or variance tr[G_kl] (an X^T)."""

    place: tuple[int, int]
    gaussian: Gaussian
    forward: bool  # E[X G X^T], a multiple of the identity; otherwise E[X^T G X]

    @property
    def weight(self):
        """The matrix under the trace beside G; IDENTITY where there is none."""
        return (self.gaussian.covariance or IDENTITY) if self.forward else IDENTITY

    @property
    def image(self):
        """The matrix that this unknown multiplies in eta; IDENTITY where it is I."""
        return IDENTITY if self.forward else (self.gaussian.covariance or IDENTITY)


@dataclass
class FixedPoint:
    """The fixed-point equations of a pencil: its unknowns, and eta as a combination of them."""

    pencil: Pencil

    def __post_init__(self):
        rows, columns = self.pencil.shape
        if rows != columns:
            raise ValueError(
                f"expression: expected a square matrix (a trace is wanted), got {rows} x {columns}"
            )
        if len(self.spectral) > 1:
            sizes = ", ".join(sorted(map(str, self.spectral)))
            raise ValueError(f"expression: expected deterministic matrices of one size, got {sizes}")
        named: dict = {}
        for atom in self.pencil.atoms():
            if named.setdefault(atom.name, atom) != atom:
                raise ValueError(f"expression: expected one matrix called {atom.name}, got two")

    @cached_property
    def components(self) -> list[list[int]]:
        """Strongly connected indices, ordered so that D and G are block upper triangular."""
        graph: dict[int, list[int]] = {i: [] for i in range(len(self.pencil.sizes))}
        for i, j in sorted(self.pencil.blocks):
            graph[i].append(j)
        parts = sp.utilities.iterables.strongly_connected_components(
            (list(graph), [(i, j) for i in graph for j in graph[i]])
        )
        return [sorted(part) for part in reversed(parts)]

    @cached_property
    def level(self) -> dict[int, int]:
        """Index -> number of its component."""
        return {i: number for number, part in enumerate(self.components) for i in part}

    @cached_property
    def reachable(self) -> set[tuple[int, int]]:
        """The places (k, l) where L^-1 is not zero: l can be reached from k."""
        successors = {i: {i} for i in range(len(self.pencil.sizes))}
        for part in reversed(self.components):
            together = set(part)
            for i, j in self.pencil.blocks:
                if i in part:
                    together |= successors[j]
            for i in part:
                successors[i] = set(together)
        sizes = self.pencil.sizes
        return {(k, l) for k in successors for l in successors[k] if sizes[k] == sizes[l]}

    @cached_property
    def random(self) -> list[tuple]:
        """W as (place, Gaussian block or its transpose, coefficient)."""
        return [
            (place, atom, value)
            for place, block in sorted(self.pencil.blocks.items())
            for atom, value in block.items()
            if is_random(atom)
        ]

    @cached_property
    def eta(self) -> dict[tuple[int, int], dict[Unknown, sp.Expr]]:
        """eta_ij as coefficient * unknown (times the unknown's image), by place."""
        result: dict = {}
        for (i, k), atom, value in self.random:
            for (l, j), other, other_value in self.random:
                if not (sp.Transpose(atom).doit() == other and (k, l) in self.reachable):
                    continue
                forward = isinstance(atom, Gaussian)
                unknown = Unknown((k, l), atom if forward else other, forward)
                block = result.setdefault((i, j), {})
                block[unknown] = block.get(unknown, 0) + value * other_value
        return result

    @cached_property
    def unknowns(self) -> list[Unknown]:
        """The unknowns, first-order ones (within one component) first, then by distance."""
        unknowns = {unknown for block in self.eta.values() for unknown in block}
        return sorted(unknowns, key=lambda u: (*self.layer(u), u.place, u.gaussian.name, u.forward))

    def layer(self, unknown: Unknown) -> tuple[int, int, int]:
        """(distance, from, to) of the components an unknown joins; distance 0 is first order."""
        start, stop = (self.level[i] for i in unknown.place)
        return stop - start, start, stop

    def deterministic(self, i: int, j: int) -> dict:
        """D_ij as atom -> coefficient."""
        block = self.pencil.blocks.get((i, j), {})
        return {atom: value for atom, value in block.items() if not is_random(atom)}

    @cached_property
    def representatives(self) -> dict[Unknown, tuple[Unknown, sp.Expr]]:
        """Unknown -> the unknown solved for in its place, and the factor between them.

        First-order unknowns of components that are alike are solved for once.
        """
        originals: list = []
        places: dict = {}
        for part in self.components:
            for original in originals:
                if (alike := match(self.pencil, part, original)) is not None:
                    places |= alike
                    break
            else:
                originals.append(part)
        result = {}
        by_place = {(u.place, u.gaussian.args[1:], u.weight): u for u in reversed(self.unknowns)}
        for unknown in self.unknowns:
            place, factor = places.get(unknown.place, (unknown.place, sp.S.One))
            key = place, unknown.gaussian.args[1:], unknown.weight
            # The original may need no trace at that place: then this one is solved for itself.
            result[unknown] = (by_place[key], factor) if key in by_place else (unknown, sp.S.One)
        return result

    @cached_property
    def spectral(self) -> set:
        """The sizes on which deterministic matrices live: there G is a function of them."""
        sizes = self.pencil.sizes
        sizes_of_matrices = set()
        for (i, _), block in self.pencil.blocks.items():
            if any(atom is not IDENTITY and not is_random(atom) for atom in block):
                sizes_of_matrices.add(sizes[i])
        for unknown in self.unknowns:
            if unknown.gaussian.covariance is not None:
                sizes_of_matrices.add(unknown.gaussian.shape[1])
        return sizes_of_matrices

    def indices(self, size) -> list[list[int]]:
        """The components restricted to one size, without the empty ones."""
        parts = [[i for i in part if self.pencil.sizes[i] == size] for part in self.components]
        return [part for part in parts if part]

    def matrices(self) -> list[sp.MatrixSymbol]:
        """The deterministic matrices that the equations contain."""
        atoms = {atom: True for atom in self.pencil.atoms() if not is_random(atom)}
        atoms |= {
            u.gaussian.covariance: True for u in self.unknowns if u.gaussian.covariance is not None
        }
        return sorted(atoms, key=lambda matrix: matrix.name)
