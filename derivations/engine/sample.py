"""An expression, and its pencil, on matrices by NumPy: one must equal the other."""

import numpy as np
import sympy as sp

from derivations.engine.blocks import IDENTITY, Pencil


def entry(pencil: Pencil, matrices: dict, numbers: dict) -> np.ndarray:
    """factor * (L^-1)[left, right] by NumPy, for matrices and numbers by symbol."""
    sizes = [int(sp.sympify(size).subs(numbers)) for size in pencil.sizes]
    starts = np.concatenate([[0], np.cumsum(sizes)])

    def value(atom, size):
        if atom is IDENTITY:
            return np.eye(size)
        return matrices[atom.arg].T if isinstance(atom, sp.Transpose) else matrices[atom]

    scalars = [c for block in pencil.blocks.values() for c in block.values()]
    kind = np.result_type(float, *(_number(c, numbers) for c in scalars))
    L = np.zeros((starts[-1], starts[-1]), kind)
    for (i, j), block in pencil.blocks.items():
        L[starts[i] : starts[i + 1], starts[j] : starts[j + 1]] = sum(
            _number(c, numbers) * value(atom, sizes[i]) for atom, c in block.items()
        )
    columns = slice(starts[pencil.right], starts[pencil.right + 1])
    rows = slice(starts[pencil.left], starts[pencil.left + 1])
    return _number(pencil.factor, numbers) * np.linalg.inv(L)[rows, columns]


def evaluate(expression, matrices: dict, numbers: dict) -> np.ndarray:
    """The expression itself on matrices, by NumPy, without a pencil."""

    def walk(node):
        if isinstance(node, sp.Identity):
            return np.eye(int(node.shape[0].subs(numbers)))
        if isinstance(node, sp.ZeroMatrix):
            return np.zeros([int(size.subs(numbers)) for size in node.shape])
        if isinstance(node, sp.MatrixSymbol):
            return matrices[node]
        if isinstance(node, sp.Transpose):
            return walk(node.arg).T
        if isinstance(node, sp.MatAdd):
            return sum(walk(term) for term in node.args)
        if isinstance(node, sp.MatMul):
            scalar, factors = node.as_coeff_matrices()
            product = _number(scalar, numbers)
            for factor in factors:
                product = product * walk(factor) if np.isscalar(product) else product @ walk(factor)
            return product
        return np.linalg.matrix_power(walk(node.base), int(node.exp))

    return walk(expression)


def _number(value, numbers):
    """A scalar as a float, or as a complex number where it is one."""
    number = complex(sp.sympify(value).subs(numbers))
    return number.real if number.imag == 0 else number
