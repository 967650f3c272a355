"""LaTeX of names, of systems of equations, of traces and of pencils."""

import sympy as sp

from derivations.engine.blocks import IDENTITY


def latex(name: str) -> str:
    """A name as LaTeX: zeta, V_1."""
    return sp.latex(sp.Symbol(name))


def latex_system(pairs) -> str:
    """Lines left = right, aligned."""
    lines = r" \\ ".join(f"{_printed(left)} &= {_printed(right)}" for left, right in pairs)
    return rf"\begin{{aligned}} {lines} \end{{aligned}}"


def _printed(expression) -> str:
    """LaTeX of a formula; SymPy does not know Greek letters with a prime."""
    return sp.latex(expression).replace("kappa'", r"\kappa'")


def latex_trace(expression) -> str:
    """tr[expression], with its inverses as such."""
    return rf"\operatorname{{tr}}\left[{sp.latex(expression)}\right]".replace(r"\mathbb{I}", "I")


def latex_pencil(pencil) -> str:
    """L as a block matrix, zeros as dots."""
    rows = [
        " & ".join(_latex_block(pencil.blocks.get((i, j))) for j in range(len(pencil.sizes)))
        for i in range(len(pencil.sizes))
    ]
    body = r" \\ ".join(rows)
    return rf"\begin{{bmatrix}} {body} \end{{bmatrix}}"


def _latex_block(block) -> str:
    if block is None:
        return r"\cdot"
    identity = block.get(IDENTITY, 0)
    terms = [sp.latex(identity)] if identity else []
    for atom, value in block.items():
        if atom is not IDENTITY:
            scalar = {1: "", -1: "-"}.get(value, sp.latex(value) + " ")
            terms.append(scalar + sp.latex(atom))
    return " + ".join(terms).replace("+ -", "- ")
