"""Two ridge fits of the same data at two ridges: their mean product, as formulas to be proved.

Unknowns e_1, e_2, nu and R = (A + nu)^-1 at lambda, as in the unified form; e'_1, e'_2, nu' and
R' = (A' + nu')^-1 at mu.  For deterministic B between the two resolvents of projected A and A':

    G_S B G'_S ~ R (B + r(B)) R',     r(B) = (nu nu' / m) tr[B R R'] / (1 - tr[A R A' R'] / m)

(classical: 0).  The mean products E_k of the test errors on the two sources, noise included, solve
E = sigma^2 + b + T E with T_kj = (p_j e_j e'_j / n) tr[Sigma_k G_S Sigma_j G'_S].  Matrices commute.
"""

from dataclasses import dataclass

import sympy as sp

from derivations.engine.points import Point
from derivations.engine.traces import Algebra, tr
from derivations.groundwork.formulas import ErrorParts
from derivations.groundwork.setting import (
    Delta,
    Gamma,
    R,
    Sigma,
    d,
    kappa,
    lam,
    m,
    n,
    noise,
    p1,
    p2,
)

mu, kappa_mu = sp.symbols("mu kappa'", positive=True)
R_mu = sp.Symbol("R'", positive=True)  # at mu, as the engine calls it


@dataclass(frozen=True)
class Fit:
    """One of the two fits in its deterministic equivalent: e_k, nu and its resolvent."""

    e: tuple[sp.Expr, sp.Expr]
    nu: sp.Expr
    R: sp.Expr


@dataclass(frozen=True)
class TwoPoint:
    """Two fits of two sources, and what their errors have in common."""

    fits: tuple[Fit, Fit]
    covariances: tuple[sp.Expr, sp.Expr]
    projected: bool
    noises: tuple[sp.Expr, sp.Expr] = (noise, noise)

    @property
    def pulls(self):
        """p_k e_k Sigma_k of each fit, whose sums are A and A'."""
        return [
            [p * e * s for p, e, s in zip((p1, p2), fit.e, self.covariances, strict=True)]
            for fit in self.fits
        ]

    @property
    def RR(self):
        """R R'."""
        return self.fits[0].R * self.fits[1].R

    def inflation(self, B):
        """r(B)."""
        if not self.projected:
            return sp.S.Zero
        A, A_mu = map(sum, self.pulls)
        nus = self.fits[0].nu * self.fits[1].nu
        return nus / m * tr(B * self.RR) / (1 - tr(A * A_mu * self.RR) / m)

    def product(self, k, responses, moment, inner):
        """E (response w)^T Sigma_k (response' w); `inner` is the moment between the resolvents."""
        first = tr(self.covariances[k] * moment * responses[0] * responses[1])
        return first + self.inflation(inner) * tr(self.covariances[k] * self.RR)

    def error(self) -> ErrorParts:
        """The mean product of the errors on Sigma_1: E_1 without its own noise."""
        A = [sum(pulls) for pulls in self.pulls]
        shrunk = [1 - a * fit.R for a, fit in zip(A, self.fits, strict=True)]
        bias = [self.product(k, shrunk, Gamma, A[0] * A[1] * Gamma) for k in (0, 1)]
        # Source 1 sees w_bar - w_1 = R pull delta, source 2 sees w_bar - w_2 = (R pull - 1) delta.
        pull = [pulls[1] for pulls in self.pulls]
        moved = [p * fit.R for p, fit in zip(pull, self.fits, strict=True)]
        zeta = [
            self.product(k, [response - k for response in moved], Delta, pull[0] * pull[1] * Delta)
            for k in (0, 1)
        ]
        return ErrorParts(
            bias=self._excess(bias),
            variance=self._excess(self.noises) - self.noises[0],
            zeta=self._excess(zeta),
        )

    def _excess(self, forcing):
        """E_1 of E = forcing + T E."""
        T = [[self._coupling(k, j) for j in (0, 1)] for k in (0, 1)]
        determinant = (1 - T[0][0]) * (1 - T[1][1]) - T[0][1] * T[1][0]
        return ((1 - T[1][1]) * forcing[0] + T[0][1] * forcing[1]) / determinant

    def _coupling(self, k, j):
        here, there = self.covariances[k], self.covariances[j]
        sandwich = tr(here * there * self.RR) + self.inflation(there) * tr(here * self.RR)
        return (p1, p2)[j] * self.fits[0].e[j] * self.fits[1].e[j] / n * sandwich


# One covariance: rho and U of Theorem 2, with a product in place of each square.
RR = R * R_mu
overlap, df2_mu = tr(Sigma * RR), tr(Sigma**2 * RR)
RHO_MU = kappa * kappa_mu * overlap / (m - df2_mu)
U_MU = (df2_mu + RHO_MU * overlap) / n
ALGEBRA_MU = Algebra((Delta, Gamma, Sigma), ((R, Sigma + kappa), (R_mu, Sigma + kappa_mu)), d)
SAME = {R_mu: R, kappa_mu: kappa, mu: lam}  # one ridge


def explicit(rho, U) -> ErrorParts:
    """The parts of F(lambda, mu) for one covariance; rho = 0 without projections."""
    crossed = (p1 * Sigma + kappa) * (p1 * Sigma + kappa_mu)
    pull = p2**2 * (1 - p2 * U) * tr(Delta * Sigma**2 * (Sigma + rho) * RR)
    cross = p2 * U * tr(Delta * Sigma * (crossed + p2**2 * rho * Sigma) * RR)
    return ErrorParts(
        bias=tr(Gamma * Sigma * (kappa * kappa_mu + rho * Sigma) * RR) / (1 - U),
        variance=noise * U / (1 - U),
        zeta=(pull + cross) / (1 - U),
    )


CLASSICAL_MU = explicit(sp.S.Zero, df2_mu / n)
PROJECTED_MU = explicit(RHO_MU, U_MU)


def together(first: Point, second: Point) -> Point:
    """One point of two fits, from the point of each; the second's ridge is mu."""
    numbers = {**first.numbers, mu: second.numbers[lam]}
    if kappa in second.numbers:
        numbers[kappa_mu] = second.numbers[kappa]
    spectra = {**first.spectra, R_mu: second.spectra[R]}
    return Point(first.label, numbers, spectra)
