"""Corollary 1 at every size: variance and zeta of isotropic features without a ridge, exactly."""

import sympy as sp

from derivations.groundwork.formulas import ErrorParts
from derivations.groundwork.isotropic import VALUES, c2, phi
from derivations.groundwork.setting import d, n, noise, p2
from derivations.steps import Step
from derivations.verify import exact, tends


def exact_parts() -> tuple[sp.Expr, sp.Expr]:
    """Variance and zeta at finite n and d, by Wishart and matrix Beta moments."""
    n2 = p2 * n
    square, squared_trace = sp.symbols("square squared_trace")  # E tr U^2, E (tr U)^2
    a, whole = n2 / 2, n / 2
    # Zonal polynomials of degree 2: E C(U) = (a)_C / (a + b)_C C(I), and C(I) from tr I = tr I^2 = d.
    both = sp.Eq(squared_trace + 2 * square, a * (a + 1) / (whole * (whole + 1)) * (d**2 + 2 * d))
    alternating = sp.Eq(
        squared_trace - square, a * (a - sp.S.Half) / (whole * (whole - sp.S.Half)) * (d**2 - d)
    )
    moments = sp.solve([both, alternating], [square, squared_trace])
    alpha, beta = sp.symbols("alpha beta")  # E[U A U] = alpha A + beta tr[A] I
    one_direction = sp.Eq(alpha + beta, n2 * (n2 + 2) / (n * (n + 2)))
    solved = sp.solve([one_direction, sp.Eq(alpha + beta * d, moments[square] / d)], [alpha, beta])
    zeta = sp.factor(c2 * (solved[alpha] + solved[beta] * (n * d - 2) / (n - d - 1)))
    return noise * d / (n - d - 1), zeta


def every_size(limit: ErrorParts) -> Step:
    """The exact parts, and that they tend to those of Corollary 1, `limit`."""
    variance, zeta = exact_parts()
    n2 = p2 * n
    total = (zeta + variance).subs(VALUES)
    asymptotic = (limit.variance + limit.zeta).subs(VALUES).subs(phi, sp.Rational(1, 2))

    def at_size(samples):
        return sp.N(total.subs({n: sp.Rational(samples), d: sp.Rational(samples) / 2}), 40)

    return Step(
        r"A remark on finite sizes. Without a ridge the two parts are known exactly: $M = X^\top X$ is "
        r"Wishart, and $U = M^{-1/2} X_2^\top X_2 M^{-1/2}$ is a matrix Beta variable, independent of "
        r"$M$ and invariant under rotations, so $E[UAU] = \alpha A + \beta \operatorname{tr}[A] I$. "
        r"Solving for $\alpha$ and $\beta$ with the zonal polynomials of degree 2, and with "
        r"$E[\operatorname{tr} M \operatorname{tr} M^{-1}] = d (nd-2)/(n-d-1)$, gives what Theorem 1 "
        "is the limit of:",
        (rf"V_{{n,d}} = {sp.latex(variance)}", rf"\zeta_{{n,d}} = {sp.latex(zeta)}"),
        (
            exact(
                "one feature: a Beta variable",
                zeta.subs(d, 1),
                c2 * n2 * (n2 + 2) / (n * (n + 2)),
            ),
            exact(r"only synthetic data: $\zeta = c^2$ at every size", zeta.subs(p2, 1), c2),
            exact(r"$\zeta_{n,d}$ tends to the $\zeta$ of Theorem 1", _leading(zeta), limit.zeta),
            tends("the gap to Theorem 1 falls like $1/n$", at_size, asymptotic, (10**4, 10**6), -1),
        ),
    )


def _leading(zeta):
    return sp.factor(sp.limit(zeta.subs(d, phi * n), n, sp.oo))
