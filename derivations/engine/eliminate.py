"""Elimination in fields of fractions: exact, and much faster than on expression trees."""

import sympy as sp
from sympy.polys.solvers import solve_lin_sys

from derivations.engine.traces import generators, tr


def substitute(expression, values: dict):
    """The expression with these values put in, as one reduced fraction."""
    replaced = sp.sympify(expression).subs(values, simultaneous=True) if values else expression
    names = generators([replaced])
    if not names:
        return sp.nsimplify(replaced)
    return sp.QQ.frac_field(*names).from_sympy(replaced).as_expr()


def solve_linear(equations: dict, known: dict) -> dict:
    """Solution of x_i = f_i, affine in the x's, with known values put in first."""
    if not equations:
        return {}
    unknowns = list(equations)
    residuals = [(x - f).xreplace(known) for x, f in equations.items()]
    scalars = [g for g in generators(residuals) if g not in unknowns]
    field = sp.QQ.frac_field(*scalars) if scalars else sp.QQ
    ring = field[tuple(unknowns)].ring
    whole = sp.QQ.frac_field(*scalars, *unknowns)
    system = []
    for residual in residuals:
        numerator = whole.from_sympy(residual).numer.as_expr()
        system.append(ring.from_expr(numerator))
    solution = solve_lin_sys(system, ring)
    if solution is None or len(solution) != len(unknowns):
        raise ArithmeticError(f"the equations of {unknowns} are not linear or not regular")
    return {x.as_expr(): ring.ring_new(value).as_expr() for x, value in solution.items()}


def solve_one_by_one(equations: list, unknowns: list) -> tuple[dict, list]:
    """Solution by repeated elimination of an unknown that occurs linearly, and the equations left over.

    Unknowns are tried in order, and taken not to be 0.  Left over is what is truly nonlinear.
    """
    pending = [_numerator(equation) for equation in equations]
    solved: dict = {}
    while True:
        pending = [equation for equation in pending if equation != 0]
        choices = [
            (len(sp.Add.make_args(equation)), number, unknown)
            for unknown in unknowns
            if unknown not in solved
            for number, equation in enumerate(pending)
            if _degree(equation, unknown) == 1
        ]
        if not choices:
            if any(not generators([equation]) for equation in pending):
                raise ArithmeticError("the fixed-point equations contradict each other")
            return solved, pending
        rank = {unknown: place for place, unknown in enumerate(unknowns)}
        _, number, unknown = min(choices, key=lambda c: (rank[c[2]], c[0], c[1]))
        slope, rest = sp.Poly(pending.pop(number), unknown).all_coeffs()
        value = substitute(-rest / slope, {})
        solved = {x: substitute(f, {unknown: value}) for x, f in solved.items()}
        solved[unknown] = value
        pending = [
            _numerator(equation.subs(unknown, value)) if equation.has(unknown) else equation
            for equation in pending
        ]


def _degree(equation, unknown):
    free = generators([equation])
    return sp.Poly(equation, unknown).degree() if unknown in free else 0


def _numerator(equation):
    """The numerator, without factors that cannot vanish: powers of unknowns, parameters and traces."""
    names = generators([equation])
    if not names:
        return equation
    numerator = sp.QQ.frac_field(*names).from_sympy(equation).numer.as_expr()
    return sp.Poly(numerator, *names).terms_gcd()[1].as_expr()


def merge_proportional(equations: dict) -> tuple[dict, dict]:
    """Unknowns that are multiples of others, {x: c * y}, and the equations of those that remain.

    x = c y is concluded when f_x = c f_y holds identically, earlier such findings put in, for c free of
    unknowns and traces.
    """
    merged: dict = {}
    changed = True
    while changed:
        changed = False
        left = [x for x in equations if x not in merged]
        for place, x in enumerate(left):
            for y in left[:place]:
                c = _ratio(equations[x].subs(merged), equations[y].subs(merged), set(equations))
                if c is not None:
                    merged = {a: b.subs(x, c * y) for a, b in merged.items()} | {x: c * y}
                    changed = True
                    break
            if changed:
                break
    return merged, {x: f.subs(merged) for x, f in equations.items() if x not in merged}


def _ratio(one, other, unknowns):
    quotient = substitute(one / other, {}) if other != 0 else None
    if quotient is None:
        return None
    free = set(generators([quotient]))
    return None if any(isinstance(g, tr) or g in unknowns for g in free) else quotient
