"""Linear pencils by composition: any rational expression of matrices as an entry of L^-1, L linear.

Writing an expression as an entry of the inverse of a block matrix whose blocks are linear in the
matrices is what lets free probability see it (Helton, Mai, Speicher, "Applications of realizations",
J. Funct. Anal. 2018).  Sums put two pencils side by side, products chain them, an inverse borders one.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import sympy as sp

from derivations.engine.matrices import is_random

IDENTITY = None  # the atom of a block that is a multiple of I
Block = dict  # atom -> scalar coefficient: the sum of coefficient * atom


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

    def atoms(self) -> list:
        """The matrices that occur, Gaussian blocks without their transpose, in order of occurrence."""
        found = {}
        for place in sorted(self.blocks):
            for atom in self.blocks[place]:
                if atom is not IDENTITY:
                    found[atom.arg if isinstance(atom, sp.Transpose) else atom] = True
        return list(found)


def realise(expression) -> Pencil:
    """The reduced pencil of an expression: sums, products, powers, transposes and inverses of matrices.

    Deterministic matrices are symmetric.  Raises ValueError for anything else than these.
    """
    return _realise(sp.sympify(expression))


def _realise(expression) -> Pencil:
    if isinstance(expression, sp.Identity):
        return Pencil([expression.shape[0]], {(0, 0): {IDENTITY: sp.S.One}})
    if isinstance(expression, sp.MatrixSymbol):
        return _atom(expression, *expression.shape)
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
    raise ValueError(f"expression = {expression}: expected sums, products, inverses and transposes of matrices")


def _ordered(terms):
    return sorted(terms, key=sp.default_sort_key)


def _atom(atom, rows, columns) -> Pencil:
    one = {IDENTITY: sp.S.One}
    return Pencil([rows, columns], {(0, 0): one, (0, 1): {atom: -sp.S.One}, (1, 1): one}, 0, 1)


def scale(scalar, pencil: Pencil) -> Pencil:
    """scalar * pencil."""
    return replace(pencil, factor=scalar * pencil.factor)


def add(pencils: list[Pencil]) -> Pencil:
    """The sum: block diagonal, between one index that collects the left sides and one the right sides."""
    if len(pencils) == 1:
        return pencils[0]
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
        offset = len(product.sizes)
        blocks = product.blocks | _shifted(factor, offset)
        blocks[product.right, factor.left + offset] = {IDENTITY: -product.factor * factor.factor}
        sizes = product.sizes + factor.sizes
        product = reduce(Pencil(sizes, blocks, product.left, factor.right + offset))
    return product


def invert(pencil: Pencil) -> Pencil:
    """The inverse: minus the corner of the inverse of L bordered by its left and right index."""
    blocks = _shifted(pencil, 1)
    blocks[0, pencil.left + 1] = {IDENTITY: pencil.factor}
    blocks[pencil.right + 1, 0] = {IDENTITY: sp.S.One}
    return reduce(Pencil([pencil.sizes[pencil.left], *pencil.sizes], blocks, 0, 0, -sp.S.One))


def transpose(pencil: Pencil) -> Pencil:
    """The transpose, its indices in reverse so that it stays upper triangular."""
    last = len(pencil.sizes) - 1
    blocks = {
        (last - j, last - i): {_transposed(atom): value for atom, value in block.items()}
        for (i, j), block in pencil.blocks.items()
    }
    return Pencil(pencil.sizes[::-1], blocks, last - pencil.right, last - pencil.left, pencil.factor)


def _shifted(pencil, offset):
    return {(i + offset, j + offset): block for (i, j), block in pencil.blocks.items()}


def _transposed(atom):
    if atom is IDENTITY or not is_random(atom):
        return atom
    return atom.arg if isinstance(atom, sp.Transpose) else sp.Transpose(atom)


def reduce(pencil: Pencil) -> Pencil:
    """The same expression from fewer blocks.

    Eliminates an index whose diagonal block is a multiple of the identity wherever what remains is
    linear: no product of two matrices arises, and the wanted entry stays a single one.  Inner indices
    go first: the outer ones are where sums are collected.  Where two rows (or columns) hold the same
    matrices up to a factor, subtracting one from the other makes it scalar.
    """
    reduced = replace(pencil, blocks=dict(pencil.blocks))
    alive = list(range(len(pencil.sizes)))
    while True:
        inner = [i for i in alive if i not in (reduced.left, reduced.right)]
        outer = [i for i in alive if i in (reduced.left, reduced.right)]
        pivot = next((i for i in inner + outer if _eliminable(reduced, i)), None)
        if pivot is not None:
            _eliminate(reduced, pivot)
            alive.remove(pivot)
        elif not (_merge_rows(reduced, alive) or _merge_columns(reduced, alive)):
            break
    place = {old: new for new, old in enumerate(alive)}
    return replace(
        reduced,
        sizes=[reduced.sizes[i] for i in alive],
        blocks={(place[i], place[j]): block for (i, j), block in sorted(reduced.blocks.items())},
        left=place[reduced.left],
        right=place[reduced.right],
    )


def _scalar(block) -> bool:
    return set(block) == {IDENTITY}


def _row_and_column(pencil, i):
    row = {j: block for (k, j), block in pencil.blocks.items() if k == i and j != i}
    column = {k: block for (k, j), block in pencil.blocks.items() if j == i and k != i}
    return row, column


def _eliminable(pencil, i) -> bool:
    if (i, i) not in pencil.blocks or not _scalar(pencil.blocks[i, i]):
        return False
    row, column = _row_and_column(pencil, i)
    rows_scalar = all(_scalar(block) for block in row.values())
    columns_scalar = all(_scalar(block) for block in column.values())
    if pencil.left == i and (pencil.right == i or len(row) != 1 or not rows_scalar):
        return False
    if pencil.right == i and (len(column) != 1 or not columns_scalar):
        return False
    return rows_scalar or columns_scalar


def _eliminate(pencil, i):
    pivot = pencil.blocks[i, i][IDENTITY]
    row, column = _row_and_column(pencil, i)
    for k, above in column.items():
        for j, right in row.items():
            product = {}
            for a, x in above.items():
                for b, y in right.items():
                    _add_to(product, b if a is IDENTITY else a, -x * y / pivot)
            _accumulate(pencil.blocks, (k, j), product)
    if pencil.left == i:
        ((pencil.left, block),) = row.items()
        pencil.factor = -pencil.factor * block[IDENTITY] / pivot
    if pencil.right == i:
        ((pencil.right, block),) = column.items()
        pencil.factor = -pencil.factor * block[IDENTITY] / pivot
    for place in [place for place in pencil.blocks if i in place]:
        del pencil.blocks[place]


def _merge_rows(pencil, alive) -> bool:
    def line(i):
        return {j: block for j, block in _row_and_column(pencil, i)[0].items() if not _scalar(block)}

    for i in alive:
        for j in alive:
            if i == j or j == pencil.right or pencil.sizes[i] != pencil.sizes[j]:
                continue
            factor = _proportion(line(i), line(j))
            if factor is not None and all(_scalar(pencil.blocks.get((k, k), {})) for k in (i, j)):
                for (k, column), block in list(pencil.blocks.items()):
                    if k == j:
                        shifted = {atom: -factor * value for atom, value in block.items()}
                        _accumulate(pencil.blocks, (i, column), shifted)
                return True
    return False


def _merge_columns(pencil, alive) -> bool:
    flipped = transpose(pencil)
    last = len(pencil.sizes) - 1
    merged = _merge_rows(flipped, [last - i for i in reversed(alive)])
    if merged:
        pencil.blocks = transpose(flipped).blocks
    return merged


def _proportion(one, other):
    """The factor with one = factor * other, lines of matrix blocks; None where there is none."""
    if not one or one.keys() != other.keys():
        return None
    if any(one[j].keys() != other[j].keys() for j in one):
        return None
    ratios = {sp.cancel(one[j][atom] / other[j][atom]) for j in one for atom in one[j]}
    return ratios.pop() if len(ratios) == 1 else None


def _accumulate(blocks, place, addition):
    block = dict(blocks.get(place, {}))
    for atom, value in addition.items():
        _add_to(block, atom, value)
    if block:
        blocks[place] = block
    else:
        blocks.pop(place, None)


def _add_to(mapping, key, value):
    total = sp.cancel(mapping.get(key, 0) + value)
    if total == 0:
        mapping.pop(key, None)
    else:
        mapping[key] = total


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
