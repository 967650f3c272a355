"""The free energy of the theory in one line, as formulas to be proved.

Unknowns e_k and nu, a strength t of the test set added to the data, and a scale eta of the labels:

    Phi = log det(A + nu) + sum_k n_k (e_k / alpha_k - log e_k) + (m - d) log nu + lambda d / nu + eta q
    q   = sum_k p_k e_k (tr[Sigma_k C_kk] + sigma_k^2) + t tr[Sigma_1 C_11] - E[u^T (A + nu)^-1 u]

with A = sum_k p_k e_k Sigma_k + t Sigma_1, u = sum_k p_k e_k Sigma_k w_k + t Sigma_1 w_1 and
C_jk = E[w_j w_k^T] (classical model: no nu terms, nu = lambda).  Matrices commute here.

Features a_k S^T x + b_k xi of nonlinear models put a_k^2 Sigma_k for Sigma_k in A, a_k Sigma_k in u, and
add sum_k p_k e_k b_k^2 + t b_1^2 to the ridge.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import mpmath as mp
import sympy as sp

from derivations.engine.points import WORKING, Point, evaluate
from derivations.engine.traces import tr
from derivations.groundwork.setting import Delta, Gamma, d, lam, m, n

t = sp.Symbol("t", nonnegative=True)  # strength of the test set, whose covariance is source 1's
NU = sp.Symbol("nu", positive=True)  # unknown with projections


@dataclass(frozen=True)
class Samples:
    """Source k as the free energy sees it; its labelling vector is w_1 + share delta."""

    e: sp.Symbol
    covariance: sp.Expr
    fraction: sp.Expr
    noise: sp.Expr
    weight: sp.Expr = sp.S.One
    share: sp.Expr = sp.S.Zero
    slope: sp.Expr = sp.S.One  # a_k
    feature_noise: sp.Expr = sp.S.Zero  # b_k


@dataclass(frozen=True)
class FreeEnergy:
    """Phi at eta = 0 and q, for any number of sources."""

    sources: Sequence[Samples]
    projected: bool

    @property
    def nu(self) -> sp.Expr:
        return NU if self.projected else lam

    @property
    def unknowns(self) -> list[sp.Symbol]:
        """e_1 .. e_K, and nu with projections."""
        return [source.e for source in self.sources] + ([NU] if self.projected else [])

    @property
    def shifted(self) -> sp.Expr:
        """A + nu."""
        return self._weighted(lambda s: s.slope**2 * s.covariance) + self.nu

    @property
    def ridge(self) -> sp.Expr:
        """lambda, raised by the feature noise."""
        return lam + self._weighted(lambda s: s.feature_noise**2)

    def _weighted(self, quantity) -> sp.Expr:
        """The sum over the sources with the weights p_k e_k, and t times that of the test set."""
        return sum(s.fraction * s.e * quantity(s) for s in self.sources) + t * quantity(self.sources[0])

    @property
    def phi(self) -> sp.Expr:
        value = tr(sp.log(self.shifted))
        value += sum(n * s.fraction * (s.e / s.weight - sp.log(s.e)) for s in self.sources)
        return value + ((m - d) * sp.log(NU) + self.ridge * d / NU if self.projected else 0)

    @property
    def q(self) -> sp.Expr:
        test = self.sources[0].covariance
        squares = sum(
            s.fraction * s.e * (tr(s.covariance * (Gamma + s.share**2 * Delta)) + s.noise)
            for s in self.sources
        )
        truth = self._weighted(lambda s: s.slope * s.covariance)  # what multiplies w_1 in u
        shift = sum(
            s.fraction * s.e * s.share * s.slope * s.covariance for s in self.sources
        )  # and delta
        return squares + t * tr(test * Gamma) - tr((truth**2 * Gamma + shift**2 * Delta) / self.shifted)


def slope(energy: FreeEnergy, at: dict) -> sp.Expr:
    """d/dt q(x*(t), t) at t = 0, where the unknowns and whatever else are `at`.

    The stationary point moves by -Hess^-1 d/dx d/dt Phi.
    """
    unknowns = energy.unknowns
    hessian, moves, gradient, explicit = derivatives(energy)
    H = sp.Matrix(len(unknowns), len(unknowns), [entry.subs(at) for entry in hessian])
    moves, gradient = ([entry.subs(at) for entry in vector] for vector in (moves, gradient))
    speed = -H.adjugate() * sp.Matrix(moves) / H.det(method="berkowitz")
    return explicit.subs(at) + sum(g * v for g, v in zip(gradient, speed, strict=True))


def slope_at(energy: FreeEnergy, point: Point) -> mp.mpf:
    """The same at a point where the unknowns have their values, its linear system solved in numbers."""
    hessian, moves, gradient, explicit = derivatives(energy)
    size = len(moves)
    with mp.workdps(WORKING):
        H = mp.matrix(size, size)
        for place, entry in enumerate(hessian):
            H[place // size, place % size] = evaluate(entry, point)
        speed = mp.lu_solve(H, mp.matrix([-evaluate(f, point) for f in moves]))
        slopes = [evaluate(g, point) for g in gradient]
        return evaluate(explicit, point) + mp.fsum(g * v for g, v in zip(slopes, speed, strict=True))


def derivatives(energy: FreeEnergy) -> tuple[list, list, list, sp.Expr]:
    """Of Phi in the unknowns twice, row by row, and in them and t; of q in the unknowns, and in t."""
    unknowns, phi, q = energy.unknowns, energy.phi, energy.q
    first = [sp.diff(phi, x) for x in unknowns]
    hessian = [sp.diff(f, x).subs(t, 0) for f in first for x in unknowns]
    moves = [sp.diff(f, t).subs(t, 0) for f in first]
    return hessian, moves, [sp.diff(q, x).subs(t, 0) for x in unknowns], sp.diff(q, t).subs(t, 0)
