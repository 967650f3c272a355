"""The unified deterministic equivalent: two routes to it, and Theorems 1 and 2 as its special cases."""

from collections.abc import Iterator

import sympy as sp

from derivations.engine.eliminate import substitute
from derivations.engine.matrices import deterministic, eigenvalue
from derivations.engine.precise import PreciseTrace
from derivations.engine.symbolic import SymbolicTrace
from derivations.engine.traces import tr
from derivations.groundwork.formulas import THEOREM_1, THEOREM_2, ErrorParts
from derivations.groundwork.latex import latex
from derivations.groundwork.pencil_steps import check_pencil, equations_step
from derivations.groundwork.setting import (
    ALGEBRA,
    GAMMA,
    SIGMA,
    Gamma,
    M,
    R,
    S,
    Sigma,
    classical_points,
    d,
    df1,
    kappa,
    lam,
    m,
    n,
    projected,
    resolvent,
)
from derivations.groundwork.unified_form import unified_error
from derivations.steps import Derivation, Step
from derivations.verify import digits, exact

STATEMENT = r"""A form that holds for any number of sources, covariances and weights, and any width, is this. With
$A = \sum_k p_k e_k \Sigma_k$ and $G = (A + \nu)^{-1}$:

$$\begin{aligned}
e_k &= \frac{\alpha_k}{1 + \frac{\alpha_k}{n} \operatorname{tr}[\Sigma_k G]}, \qquad
\nu = \frac{\lambda d}{m} + \frac{\nu}{m} \operatorname{tr}[A G], \\
S (S^\top A S + \lambda)^{-1} S^\top &\simeq G, \qquad
G_S B G_S \simeq G (B + \nu'(B)) G, \qquad
\nu'(B) = \frac{\nu^2 \operatorname{tr}[B G^2]}{m - \operatorname{tr}[(A G)^2]}.
\end{aligned}$$

The test errors of the sources, noise included, solve $E_k = \sigma_k^2 + b_k + \sum_j T_{kj} E_j$ with
$T_{kj} = \frac{p_j e_j^2}{n} \operatorname{tr}[\Sigma_k G_S \Sigma_j G_S]$.

Derived here: the rules for $G_S$, of first and second order, for matrices that commute, by two routes; and Theorems 1 and 2
as special cases. The next page proves two sources with different covariances, weights and noises. More than two sources,
and matrices that do not commute, are compared in numbers only, by the tests."""

A, B, C = deterministic("A B C", d)
a, b, c = map(eigenvalue, (A, B, C))
t, nu, e = sp.symbols("t nu e", positive=True)


def steps() -> Iterator[Step]:
    """Projections of a deterministic matrix twice; random M twice; the special cases."""
    first = SymbolicTrace(A * projected(S, A), lam)
    yield equations_step(r"$A\, S (S^\top A S + \lambda)^{-1} S^\top$", first)
    equation = kappa * (m - tr(a * R)) / d
    yield Step(
        r"**First order.** The shift of the resolvent is $\nu$, and its equation is the one stated.",
        (r"\lambda = \frac{\nu}{d} \left(m - \operatorname{tr}[A G]\right)",),
        (
            check_pencil("the pencil of the projected resolvent", A * projected(S, A)),
            exact(r"the equation of $\nu$", first.solution[lam], equation, first.reduced),
            exact(
                r"$S (S^\top A S + \lambda)^{-1} S^\top \simeq (A + \nu)^{-1}$",
                first.value,
                tr(a * R),
                first.reduced,
            ),
        ),
    )

    second = SymbolicTrace(C * projected(S, A) * B * projected(S, A), lam)
    inflation = kappa**2 * tr(b * R**2) / (m - tr(a**2 * R**2))
    yield Step(
        r"**Second order, by the pencil** of $C\, G_S B\, G_S$ for deterministic $B$, $C$.",
        (
            r"\operatorname{tr}[C G_S B G_S] \simeq \operatorname{tr}[C G B G] + \nu'(B) \operatorname{tr}[C G^2]",
        ),
        (
            exact(
                r"$\nu'(B)$ by the pencil",
                second.value,
                tr(c * b * R**2) + inflation * tr(c * R**2),
                second.reduced,
            ),
        ),
    )

    # G at A + tB, everything written out so that SymPy can differentiate it.
    perturbed = a + t * b
    condition = nu * (m - tr(perturbed / (perturbed + nu))) - lam * d
    slope = at_zero(-sp.diff(condition, t) / sp.diff(condition, nu))
    moving = sp.Function("nu")(t)
    derivative = -sp.diff(tr(c / (perturbed + moving)), t)
    derivative = at_zero(derivative.subs(sp.diff(moving, t), sp.Symbol("slope")).subs(moving, nu))
    yield Step(
        r"**Second order, by a derivative.** Independently, without a second-order pencil: "
        r"$G_S B G_S = -\frac{\mathrm{d}}{\mathrm{d}t} S (S^\top (A + tB) S + \lambda)^{-1} S^\top$ at $t = 0$, so the "
        r"first-order rule at $A + tB$, differentiated, must give the second-order one. Implicit differentiation of the "
        r"equation of $\nu$ gives $\nu'(B) = \mathrm{d}\nu / \mathrm{d}t$.",
        (r"\nu'(B) = \frac{\nu^2 \operatorname{tr}[B G^2]}{m - \operatorname{tr}[(A G)^2]}",),
        (
            exact(r"$\nu'(B)$ by the derivative", slope, inflation, second.reduced),
            exact(
                r"both routes to $\operatorname{tr}[C G_S B G_S]$",
                derivative.subs(sp.Symbol("slope"), slope),
                second.value,
                second.reduced,
            ),
        ),
    )

    # The same with a random M: -d/dt tr[Gamma (M + t Sigma + lambda)^-1], e moving with t.
    moving = sp.Function("e")(t)
    denominator = (moving + t) * Sigma + lam
    moves = sp.diff(moving * (1 + tr(Sigma / denominator) / n) - 1, t)
    speed = sp.solve(moves, sp.diff(moving, t))[0]
    value = -sp.diff(tr(Gamma / denominator), t).subs(sp.diff(moving, t), speed)
    value = lam**2 * value.subs(moving, e).subs(t, 0)
    value = value.subs(lam, e * kappa).subs(e, 1 - df1 / n)
    Q = resolvent(M)
    yield Step(
        r"**The derivative with random $M$** gives the bias of Theorem 1 without any second-order equation: "
        r"$B = -\lambda^2 \frac{\mathrm{d}}{\mathrm{d}t} \operatorname{tr}[\Gamma (M + t \Sigma + \lambda)^{-1}]$.",
        (),
        (
            exact("$B$ by the derivative", value, THEOREM_1.bias, ALGEBRA.normal_form),
            digits(
                "$B$ by the raw second-order pencil",
                PreciseTrace(lam**2 * GAMMA * Q * SIGMA * Q),
                value,
                classical_points(),
            ),
        ),
    )

    for name, theorem, wide in (("Theorem 1", THEOREM_1, False), ("Theorem 2", THEOREM_2, True)):
        special = special_case(wide)
        pairs = zip(special.named(), theorem.named(), strict=True)
        yield Step(
            rf"**{name} is a special case.** With $\Sigma_1 = \Sigma_2 = \Sigma$ and unit weights $e_1 = e_2 = e = "
            r"1 - \mathrm{df}_1/n$ and $\nu = e \kappa$; solving the $2 \times 2$ system for $E$ gives the closed forms.",
            (),
            tuple(
                exact(f"{name}: ${latex(part)}$ from the unified form", one, other, ALGEBRA.normal_form)
                for (part, one), (_, other) in pairs
            ),
        )


def at_zero(expression):
    """At t = 0, nu called kappa as the shift of every resolvent is."""
    return expression.subs(t, 0).subs(nu, kappa)


def special_case(wide: bool) -> ErrorParts:
    """The unified error for one covariance and unit weights, in kappa and R = (Sigma + kappa)^-1."""
    error = unified_error((e, e), e * kappa, (Sigma, Sigma), wide)
    # There R stands for (e Sigma + nu)^-1, here for (Sigma + kappa)^-1, which is e times that.
    parts = [substitute(ALGEBRA.normal_form(part.subs(R, R / e)), {}) for _, part in error.named()]
    return ErrorParts(*(part.subs(e, 1 - df1 / n) for part in parts))


UNIFIED = Derivation("unified", "The unified deterministic equivalent", STATEMENT, steps)
