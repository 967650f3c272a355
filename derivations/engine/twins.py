"""Components of a pencil that are the same up to order, transposition, signs and scales.

Copies of one resolvent, its transpose, and resolvents of independent blocks of one law satisfy the
same equations: if L = rho L' sigma for diagonal rho, sigma, then L^-1 = sigma^-1 L'^-1 rho^-1.
"""

from itertools import permutations

import sympy as sp

from derivations.engine.blocks import Pencil
from derivations.engine.matrices import Gaussian

Match = dict[tuple[int, int], tuple[tuple[int, int], sp.Expr]]


def match(pencil: Pencil, component: list[int], other: list[int]) -> Match | None:
    """Place (k, l) -> place of the other component, and c: E L^-1 here is c times that there.

    None where the two are not alike.
    """
    sizes = pencil.sizes
    if sorted(str(sizes[i]) for i in component) != sorted(str(sizes[i]) for i in other):
        return None
    ours = _blocks(pencil, component)
    theirs = _blocks(pencil, other)
    if len(ours) != len(theirs):
        return None
    for transposed in (False, True):
        image = {(j, i): _flipped(block) for (i, j), block in theirs.items()} if transposed else theirs
        for order in permutations(other):
            if any(sizes[i] != sizes[j] for i, j in zip(component, order, strict=True)):
                continue
            to = dict(zip(component, order, strict=True))
            scales = _scales(ours, image, to)
            if scales is None:
                continue
            rows, columns = scales
            return {
                (k, l): (
                    (to[l], to[k]) if transposed else (to[k], to[l]),
                    sp.cancel(1 / (columns[k] * rows[l])),
                )
                for k in component
                for l in component
            }
    return None


def _blocks(pencil, part):
    return {(i, j): block for (i, j), block in sorted(pencil.blocks.items()) if i in part and j in part}


def _flipped(block):
    def flip(atom):
        if isinstance(atom, Gaussian):
            return sp.Transpose(atom)
        return atom.arg if isinstance(atom, sp.Transpose) else atom

    return {flip(atom): value for atom, value in block.items()}


def _scales(ours, image, to):
    """Diagonal rho, sigma with ours_ij = rho_i image_to(i)to(j) sigma_j, atoms renamed one to one."""
    renamed: dict = {}
    ratios: dict = {}
    for (i, j), block in ours.items():
        twin = image.get((to[i], to[j]))
        if twin is None or len(block) != len(twin):
            return None
        for atom, value in block.items():
            other = next((b for b in twin if _same_law(atom, b, renamed)), False)
            if other is False:
                return None
            ratio = sp.cancel(value / twin[other])
            if ratios.setdefault((i, j), ratio) != ratio:
                return None
    rows, columns = {next(iter(to)): sp.S.One}, {}
    for _ in range(2 * len(to)):
        for (i, j), ratio in ratios.items():
            if i in rows and j not in columns:
                columns[j] = sp.cancel(ratio / rows[i])
            if j in columns and i not in rows:
                rows[i] = sp.cancel(ratio / columns[j])
    complete = len(rows) == len(columns) == len(to)
    if not complete or any(sp.cancel(rows[i] * columns[j] - r) != 0 for (i, j), r in ratios.items()):
        return None
    return rows, columns


def _same_law(atom, other, renamed) -> bool:
    """Whether one atom may stand for the other, given what stands for what already."""
    bare, other_bare = (a.arg if isinstance(a, sp.Transpose) else a for a in (atom, other))
    if not isinstance(bare, Gaussian):
        return atom == other
    if (bare is atom) != (other_bare is other) or not isinstance(other_bare, Gaussian):
        return False
    if bare.args[1:] != other_bare.args[1:]:
        return False
    if bare in renamed:
        return renamed[bare] == other_bare
    if other_bare in renamed.values():
        return False
    renamed[bare] = other_bare
    return True
