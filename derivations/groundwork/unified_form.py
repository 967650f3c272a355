"""The unified deterministic equivalent of two sources, as formulas to be proved.

Unknowns e_1, e_2 and nu, with A = p_1 e_1 Sigma_1 + p_2 e_2 Sigma_2 and R = (A + nu)^-1:

    e_k = alpha_k / (1 + (alpha_k / n) tr[Sigma_k R]),     nu = lambda d/m + (nu / m) tr[A R]

(classical model: nu = lambda).  Second order, for deterministic B between two resolvents:

    G B G ~ R (B + nu'(B)) R,     nu'(B) = (nu^2 / m) tr[B R^2] / (1 - tr[(A R)^2] / m)

(classical: 0).  The test errors E_k of the two sources, noise included, solve E = sigma^2 + b + T E.
Matrices commute here.
"""

from dataclasses import dataclass

import sympy as sp

from derivations.engine.traces import tr
from derivations.groundwork.formulas import ErrorParts
from derivations.groundwork.setting import Delta, Gamma, R, m, n, noise, p1, p2


@dataclass(frozen=True)
class Unified:
    """Two sources in their deterministic equivalent."""

    e: tuple[sp.Expr, sp.Expr]
    nu: sp.Expr
    covariances: tuple[sp.Expr, sp.Expr]
    projected: bool
    noises: tuple[sp.Expr, sp.Expr] = (noise, noise)

    @property
    def pulls(self):
        """p_k e_k Sigma_k, whose sum is A."""
        return [p * e * s for p, e, s in zip((p1, p2), self.e, self.covariances, strict=True)]

    def inflation(self, B):
        """nu'(B)."""
        if not self.projected:
            return sp.S.Zero
        A = sum(self.pulls)
        return self.nu**2 / m * tr(B * R**2) / (1 - tr(A**2 * R**2) / m)

    def quadratic(self, k, response, moment, inner):
        """E |response w|^2_{Sigma_k}, to second order; `inner` is the moment between resolvents."""
        first = tr(self.covariances[k] * moment * response**2)
        return first + self.inflation(inner) * tr(self.covariances[k] * R**2)

    def error(self) -> ErrorParts:
        """Excess risk on Sigma_1: E_1 without its own noise."""
        A, pull = sum(self.pulls), self.pulls[1]
        shrunk = 1 - A * R
        bias = [self.quadratic(k, shrunk, Gamma, A**2 * Gamma) for k in (0, 1)]
        # Source 1 sees w_bar - w_1 = R pull delta, source 2 sees w_bar - w_2 = (R pull - 1) delta.
        zeta = [self.quadratic(k, R * pull - k, Delta, pull**2 * Delta) for k in (0, 1)]
        return ErrorParts(
            bias=self._excess(bias),
            variance=self._excess(self.noises) - self.noises[0],
            zeta=self._excess(zeta),
        )

    def _excess(self, forcing):
        """E_1 of E = forcing + T E, T_kj = (p_j e_j^2 / n) tr[Sigma_k G Sigma_j G]."""
        T = [[self._coupling(k, j) for j in (0, 1)] for k in (0, 1)]
        determinant = (1 - T[0][0]) * (1 - T[1][1]) - T[0][1] * T[1][0]
        return ((1 - T[1][1]) * forcing[0] + T[0][1] * forcing[1]) / determinant

    def _coupling(self, k, j):
        here, there = self.covariances[k], self.covariances[j]
        sandwich = tr(here * there * R**2) + self.inflation(there) * tr(here * R**2)
        return (p1, p2)[j] * self.e[j] ** 2 / n * sandwich
