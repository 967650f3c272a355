"""The same pencil from fewer blocks."""

from dataclasses import replace

import sympy as sp

from derivations.engine.blocks import IDENTITY, Pencil, transpose


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
            product: dict = {}
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
