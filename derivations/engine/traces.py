"""Traces of functions of commuting deterministic matrices, as symbols of an algebra."""

import sympy as sp


class tr(sp.Function):  # noqa: N801 (a mathematical function, named as it is written)
    """tr[f], where the symbols inside f stand for commuting deterministic matrices."""

    nargs = 1

    def _latex(self, printer, exp=None):
        inner = printer.doprint(self.args[0])
        plain = rf"\operatorname{{tr}}\left[{inner}\right]"
        return plain if exp is None else rf"{plain}^{{{exp}}}"


def expand_traces(expression, matrices):
    """The same expression with every trace expanded: linear, scalars taken out.

    `matrices` are the symbols that stand for matrices; everything else is a scalar.
    """

    def expand(trace):
        total = sp.S.Zero
        for term in sp.Add.make_args(sp.expand(trace.args[0])):
            scalar, matrix = term.as_independent(*matrices, as_Add=False)
            total += scalar * tr(matrix)
        return total

    return sp.sympify(expression).replace(lambda e: isinstance(e, tr), expand)
