"""A linear pencil: a block matrix, linear in the matrices, and one entry of its inverse."""

from dataclasses import dataclass, field

import sympy as sp

from derivations.engine.matrices import is_random

IDENTITY = None  # the atom of a block that is a multiple of I


@dataclass
class Pencil:
    """The matrix factor * (L^-1)[left, right], an entry of the inverse of a block matrix L.

    `sizes[i]` is the dimension of index i; block (i, j) of L is `blocks[i, j]`, absent where zero.
    """

    sizes: list
    blocks: dict = field(default_factory=dict)
    left: int = 0
    right: int = 0
    factor: sp.Expr = sp.S.One

    @property
    def shape(self) -> tuple:
        """Rows and columns of the expression."""
        return self.sizes[self.left], self.sizes[self.right]

    def atoms(self) -> list:
        """The matrices that occur, Gaussian blocks without their transpose, in order of occurrence."""
        atoms = {}
        for place in sorted(self.blocks):
            for atom in self.blocks[place]:
                if atom is not IDENTITY:
                    atoms[atom.arg if isinstance(atom, sp.Transpose) else atom] = True
        return list(atoms)


def transpose(pencil: Pencil) -> Pencil:
    """The transpose, its indices in reverse so that it stays upper triangular."""
    last = len(pencil.sizes) - 1
    blocks = {
        (last - j, last - i): {_transposed(atom): value for atom, value in block.items()}
        for (i, j), block in pencil.blocks.items()
    }
    return Pencil(pencil.sizes[::-1], blocks, last - pencil.right, last - pencil.left, pencil.factor)


def _transposed(atom):
    if atom is IDENTITY or not is_random(atom):
        return atom
    return atom.arg if isinstance(atom, sp.Transpose) else sp.Transpose(atom)
