"""Steps that every derivation from a pencil shares: the pencil, its equations, their reduction."""

import numpy as np
import sympy as sp

from derivations.engine.matrices import Gaussian
from derivations.engine.pencil import realise
from derivations.engine.sample import entry, evaluate
from derivations.engine.symbolic import SymbolicTrace
from derivations.groundwork.latex import latex_pencil, latex_system, latex_trace
from derivations.steps import Check, Step

EXAMPLE = {"n": 10, "p_2": sp.Rational(2, 5), "d": 5, "m": 3, "lambda": sp.Rational(3, 10)}


def pencil_step(name: str, expression) -> Step:
    """The linear pencil of an expression, compared with it on random matrices."""
    pencil = realise(expression)
    size, row, column = len(pencil.sizes), pencil.left + 1, pencil.right + 1
    text = (
        f"**A linear pencil.** {name} is the trace of a matrix that is rational in Gaussian blocks. Composing the "
        f"realisations of its sums, products and inverses writes that matrix as block $({row}, {column})$ of "
        f"$L^{{-1}}$ times ${sp.latex(pencil.factor)}$, where $L$ has {size} blocks a side and is linear:"
    )
    equations = (latex_trace(expression), rf"L = {latex_pencil(pencil)}")
    return Step(text, equations, (check_pencil(f"the pencil of {name} is {name}", expression),))


def check_pencil(claim: str, expression) -> Check:
    """The wanted entry of L^-1 against the expression itself, on small random matrices."""
    pencil, rng = realise(expression), np.random.default_rng(0)
    symbols = set().union(*(sp.sympify(s).free_symbols for s in (*pencil.sizes, *_coefficients(pencil))))
    values = {symbol: EXAMPLE.get(symbol.name, sp.Rational(7, 10)) for symbol in symbols}
    matrices = {}
    for matrix in expression.atoms(sp.MatrixSymbol):
        shape = [int(sp.sympify(size).subs(values)) for size in matrix.shape]
        drawn = rng.normal(size=shape)
        matrices[matrix] = drawn if isinstance(matrix, Gaussian) else drawn @ drawn.T
    wanted, obtained = evaluate(expression, matrices, values), entry(pencil, matrices, values)
    difference = np.abs(obtained - wanted).max() / np.abs(wanted).max()
    return Check(claim, "NumPy on random matrices, to 1e-10", bool(difference < 1e-10))


def equations_step(name: str, trace: SymbolicTrace) -> Step:
    """The fixed-point equations of the first order, and what elimination leaves of them."""
    fixed_point = trace.fixed_point
    layers = [fixed_point.layer(unknown)[0] for unknown in trace.unknowns.values()]
    first, higher = layers.count(0), len(layers) - layers.count(0)
    solved, left = trace.first_order
    shifts = [resolvent.name for resolvent in trace.resolvents if resolvent.name]
    text = (
        f"**Fixed-point equations.** Operator-valued freeness gives {len(fixed_point.unknowns)} unknown traces for "
        f"{name}. "
    )
    if len(layers) < len(fixed_point.unknowns):
        text += f"Components of $L$ that are alike share theirs, which leaves {len(layers)}. "
    if higher:
        text += f"{first} are of first order, with nonlinear equations; {higher} of higher order, with linear ones. "
    if trace.merged:
        pairs = ", ".join(f"${sp.latex(x)} = {sp.latex(sp.factor(f))}$" for x, f in trace.merged.items())
        text += f"Some are proportional: {pairs}. "
    names = ", ".join(f"${sp.latex(shift)}$" for shift in shifts) or "the entries $g$"
    text += f"The nonlinear equations, where $R$ is the resolvent, and what they determine in terms of {names}:"
    raw = [
        (x, sp.factor(f))
        for x, f in trace.equations.items()
        if fixed_point.layer(trace.unknowns[x])[0] == 0
    ]
    solution = [(x, sp.factor(f)) for x, f in solved.items() if x not in trace.merged]
    resolvents = [(r.symbol, 1 / sp.factor(r.polynomial)) for r in trace.resolvents]
    equations: tuple[str, ...] = (latex_system([*resolvents, *raw]), latex_system(solution))
    if left:
        equations += (latex_system([(sp.S.Zero, sp.factor(equation)) for equation in left]),)
    return Step(text, equations)


def _coefficients(pencil):
    return [pencil.factor, *(value for block in pencil.blocks.values() for value in block.values())]
