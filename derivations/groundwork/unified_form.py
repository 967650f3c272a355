"""The unified deterministic equivalent of two sources, as formulas to be proved.

Unknowns e_1, e_2 and nu, with A = p_1 e_1 Sigma_1 + p_2 e_2 Sigma_2 and R = (A + nu)^-1:

    e_k = alpha_k / (1 + (alpha_k / n) tr[Sigma_k R]),     nu = lambda d/m + (nu / m) tr[A R]

(classical model: nu = lambda).  Second order, for deterministic B between two resolvents:

    G B G ~ R (B + nu'(B)) R,     nu'(B) = (nu^2 / m) tr[B R^2] / (1 - tr[(A R)^2] / m)

(classical: 0).  The test errors E_k of the two sources, noise included, solve E = sigma^2 + b + T E.
Matrices commute here.  All of it is the two-point form of one fit and itself.
"""

import sympy as sp

from derivations.groundwork.formulas import ErrorParts
from derivations.groundwork.setting import R, noise
from derivations.groundwork.two_point_form import Fit, TwoPoint


def unified_error(
    e: tuple[sp.Expr, sp.Expr],
    nu: sp.Expr,
    covariances: tuple[sp.Expr, sp.Expr],
    projected: bool,
    noises: tuple[sp.Expr, sp.Expr] = (noise, noise),
) -> ErrorParts:
    """Excess risk on Sigma_1 of two sources in their deterministic equivalent."""
    fit = Fit(e, nu, R)
    return TwoPoint((fit, fit), covariances, projected, noises).error()
