"""The alphabet: deterministic matrices, and Gaussian blocks of any rectangular shape."""

import sympy as sp
from sympy.core.symbol import Str


class Gaussian(sp.MatrixSymbol):
    """A rows x columns block whose rows are independent N(0, variance * covariance).

    E[X A X^T] = variance tr[covariance A] I  and  E[X^T A X] = variance tr[A] covariance for
    deterministic A; `covariance` is a deterministic symmetric matrix, None for the identity.  Blocks
    of different names are independent.
    """

    def __new__(cls, name, rows, columns, covariance=None, variance=1):
        rows, columns, variance = map(sp.sympify, (rows, columns, variance))
        covariance = sp.Identity(columns) if covariance is None else covariance
        if not isinstance(covariance, sp.MatrixSymbol | sp.Identity):
            raise ValueError(f"covariance = {covariance}: expected the symbol of a matrix, or None")
        if covariance.shape != (columns, columns):
            raise ValueError(
                f"covariance = {covariance}: expected a {columns} x {columns} matrix, "
                f"got {covariance.shape[0]} x {covariance.shape[1]}"
            )
        name = name if isinstance(name, Str) else Str(name)
        return sp.Basic.__new__(cls, name, rows, columns, covariance, variance)

    @property
    def covariance(self):
        """Covariance of a row, up to `variance`; None for the identity."""
        return None if isinstance(self.args[3], sp.Identity) else self.args[3]

    @property
    def variance(self):
        return self.args[4]


def deterministic(names: str, size):
    """Symmetric deterministic size x size matrices, one for each name."""
    made = [sp.MatrixSymbol(name, size, size) for name in names.split()]
    return made[0] if len(made) == 1 else made


def eigenvalue(matrix: sp.MatrixSymbol) -> sp.Symbol:
    """The commuting symbol that stands for a deterministic matrix inside a trace."""
    return sp.Symbol(matrix.name, positive=True)


def is_random(atom) -> bool:
    """Whether a pencil's atom is a Gaussian block or the transpose of one."""
    return isinstance(atom, Gaussian) or (
        isinstance(atom, sp.Transpose) and isinstance(atom.arg, Gaussian)
    )
