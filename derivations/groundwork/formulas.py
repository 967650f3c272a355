"""The closed forms that are to be proved, in traces of Sigma and R = (Sigma + kappa)^-1.

Written as in the paper and in the explicit form of Theorem 2; nothing here is derived.
"""

from dataclasses import dataclass

import sympy as sp

from derivations.engine.traces import tr
from derivations.groundwork.setting import Delta, Gamma, R, Sigma, df1, df2, kappa, m, n, noise, p1, p2


@dataclass(frozen=True)
class ErrorParts:
    """Test error = bias + variance + zeta, as formulas."""

    bias: sp.Expr
    variance: sp.Expr
    zeta: sp.Expr

    def named(self):
        """(name, formula) of the three parts."""
        return (("B", self.bias), ("V", self.variance), ("zeta", self.zeta))


def explicit(rho, U) -> ErrorParts:
    """Theorem 2's error in explicit form; rho = 0 and U = df2 / n make it Theorem 1's."""
    pull = p2**2 * (1 - p2 * U) * tr(Delta * Sigma**2 * (Sigma + rho) * R**2)
    cross = p2 * U * tr(Delta * Sigma * ((p1 * Sigma + kappa) ** 2 + p2**2 * rho * Sigma) * R**2)
    return ErrorParts(
        bias=tr(Gamma * Sigma * (kappa**2 + rho * Sigma) * R**2) / (1 - U),
        variance=noise * U / (1 - U),
        zeta=(pull + cross) / (1 - U),
    )


RHO = kappa * (df1 - df2) / (m - df2)
U = (df2 + (df1 - df2) ** 2 / (m - df2)) / n
THEOREM_1 = explicit(sp.S.Zero, df2 / n)
THEOREM_2 = explicit(RHO, U)
