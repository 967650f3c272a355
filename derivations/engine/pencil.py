"""Linear pencils by composition: any rational expression of matrices as an entry of L^-1, L linear.

Writing an expression as an entry of the inverse of a block matrix whose blocks are linear in the
matrices is what lets free probability see it (Helton, Mai, Speicher, "Applications of realizations",
J. Funct. Anal. 2018).  Sums put two pencils side by side, products chain them, an inverse borders one.
"""

from dataclasses import replace

import sympy as sp

from derivations.engine.blocks import IDENTITY, Pencil, transpose
from derivations.engine.matrices import is_random
from derivations.engine.reduction import reduce


def realise(expression) -> Pencil:
    """The reduced pencil of an expression: sums, products, powers, transposes and inverses of matrices.

    Deterministic matrices are symmetric.  Raises ValueError for anything else than these.
    """
    return _realise(sp.sympify(expression))


def _realise(expression) -> Pencil:
    if isinstance(expression, sp.Identity):
        return Pencil([expression.shape[0]], {(0, 0): {IDENTITY: sp.S.One}})
    if isinstance(expression, sp.ZeroMatrix):  # what SymPy makes of A - A and of 0 * A
        return _zero(*expression.shape)
    if isinstance(expression, sp.MatrixSymbol):
        rows, columns = expression.shape
        if not is_random(expression) and rows != columns:
            raise ValueError(f"{expression}: expected a symmetric matrix, got {rows} x {columns}")
        return _atom(expression, rows, columns)
    if isinstance(expression, sp.Transpose):
        inner = expression.arg
        if isinstance(inner, sp.MatrixSymbol):
            return _atom(expression if is_random(inner) else inner, *expression.shape)
        return transpose(realise(inner))
    if isinstance(expression, sp.MatAdd):
        return add([realise(term) for term in _ordered(expression.args)])
    if isinstance(expression, sp.MatMul):
        scalar, factors = expression.as_coeff_matrices()
        return scale(scalar, multiply([realise(factor) for factor in factors]))
    if isinstance(expression, sp.MatPow):  # includes Inverse
        base, exponent = realise(expression.base), expression.exp
        if not (exponent.is_Integer and exponent != 0):
            raise ValueError(f"exponent = {exponent}: expected a non-zero integer, in {expression}")
        base = base if exponent > 0 else invert(base)
        return multiply([base] * abs(int(exponent)))
    raise ValueError(
        f"expression = {expression}: expected sums, products, inverses and transposes of matrices"
    )


def _ordered(terms):
    return sorted(terms, key=sp.default_sort_key)


def _atom(atom, rows, columns) -> Pencil:
    one = {IDENTITY: sp.S.One}
    return Pencil([rows, columns], {(0, 0): one, (0, 1): {atom: -sp.S.One}, (1, 1): one}, 0, 1)


def _zero(rows, columns) -> Pencil:
    """An entry of the inverse of the identity that is off its diagonal."""
    one = {IDENTITY: sp.S.One}
    return Pencil([rows, columns], {(0, 0): one, (1, 1): one}, 0, 1)


def scale(scalar, pencil: Pencil) -> Pencil:
    """scalar * pencil."""
    return replace(pencil, factor=scalar * pencil.factor)


def add(pencils: list[Pencil]) -> Pencil:
    """The sum: block diagonal, between an index that collects the left sides and one the right sides."""
    if len(pencils) == 1:
        return pencils[0]
    shapes = {pencil.shape for pencil in pencils}
    if len(shapes) > 1:
        raise ValueError(f"sum: expected terms of one shape, got {_listed(shapes)}")
    first, last = pencils[0], 1 + sum(len(pencil.sizes) for pencil in pencils)
    one = {IDENTITY: sp.S.One}
    blocks = {(0, 0): one, (last, last): one}
    sizes = [first.sizes[first.left]]
    for pencil in pencils:
        offset = len(sizes)
        blocks |= _shifted(pencil, offset)
        blocks[0, pencil.left + offset] = {IDENTITY: -pencil.factor}
        blocks[pencil.right + offset, last] = {IDENTITY: -sp.S.One}
        sizes = sizes + pencil.sizes
    return reduce(Pencil([*sizes, first.sizes[first.right]], blocks, 0, last))


def multiply(pencils: list[Pencil]) -> Pencil:
    """The product: block upper triangular, so every factor keeps its own diagonal blocks."""
    product, *others = pencils
    for factor in others:
        if product.shape[1] != factor.shape[0]:
            shapes = _listed([product.shape, factor.shape])
            raise ValueError(f"product: expected shapes that fit, got {shapes}")
        offset = len(product.sizes)
        blocks = product.blocks | _shifted(factor, offset)
        blocks[product.right, factor.left + offset] = {IDENTITY: -product.factor * factor.factor}
        sizes = product.sizes + factor.sizes
        product = reduce(Pencil(sizes, blocks, product.left, factor.right + offset))
    return product


def invert(pencil: Pencil) -> Pencil:
    """The inverse: minus the corner of the inverse of L bordered by its left and right index."""
    if pencil.shape[0] != pencil.shape[1]:
        raise ValueError(f"inverse: expected a square matrix, got {_listed((pencil.shape,))}")
    blocks = _shifted(pencil, 1)
    blocks[0, pencil.left + 1] = {IDENTITY: pencil.factor}
    blocks[pencil.right + 1, 0] = {IDENTITY: sp.S.One}
    return reduce(Pencil([pencil.sizes[pencil.left], *pencil.sizes], blocks, 0, 0, -sp.S.One))


def _shifted(pencil, offset):
    return {(i + offset, j + offset): block for (i, j), block in pencil.blocks.items()}


def _listed(shapes) -> str:
    return " and ".join(sorted(f"{rows} x {columns}" for rows, columns in shapes))
