"""An expression, and its pencil, on given matrices by NumPy: one must equal the other."""

import numpy as np
import sympy as sp

from derivations.engine.blocks import IDENTITY, Pencil


def entry(pencil: Pencil, matrices: dict, numbers: dict) -> np.ndarray:
    """factor * (L^-1)[left, right] by NumPy, for given matrices and numbers (by symbol)."""
    sizes = [int(sp.sympify(size).subs(numbers)) for size in pencil.sizes]
    starts = np.concatenate([[0], np.cumsum(sizes)])

    def number(value):
        return float(sp.sympify(value).subs(numbers))

    def value(atom, size):
        if atom is IDENTITY:
            return np.eye(size)
        return matrices[atom.arg].T if isinstance(atom, sp.Transpose) else matrices[atom]

    L = np.zeros((starts[-1], starts[-1]))
    for (i, j), block in pencil.blocks.items():
        L[starts[i] : starts[i + 1], starts[j] : starts[j + 1]] = sum(
            number(c) * value(atom, sizes[i]) for atom, c in block.items()
        )
    columns = slice(starts[pencil.right], starts[pencil.right + 1])
    rows = slice(starts[pencil.left], starts[pencil.left + 1])
    return number(pencil.factor) * np.linalg.inv(L)[rows, columns]


def evaluate(expression, matrices: dict, numbers: dict) -> np.ndarray:
    """The expression itself on given matrices, by NumPy, without a pencil."""

    def walk(node):
        if isinstance(node, sp.Identity):
            return np.eye(int(node.shape[0].subs(numbers)))
        if isinstance(node, sp.MatrixSymbol):
            return matrices[node]
        if isinstance(node, sp.Transpose):
            return walk(node.arg).T
        if isinstance(node, sp.MatAdd):
            return sum(walk(term) for term in node.args)
        if isinstance(node, sp.MatMul):
            scalar, factors = node.as_coeff_matrices()
            product = float(sp.sympify(scalar).subs(numbers))
            for factor in factors:
                product = product * walk(factor) if np.isscalar(product) else product @ walk(factor)
            return product
        return np.linalg.matrix_power(walk(node.base), int(node.exp))

    return walk(expression)
