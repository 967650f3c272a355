"""Nonlinear random features: a projected model with infinitely many more directions."""

from collections.abc import Iterator

import sympy as sp

from derivations.engine.matrices import Gaussian, deterministic, eigenvalue
from derivations.engine.symbolic import SymbolicTrace
from derivations.engine.traces import Algebra, tr
from derivations.groundwork.latex import latex
from derivations.groundwork.nonlinear_form import (
    SETTING,
    Equivalent,
    Population,
    Sigma_1,
    Sigma_2,
    a_1,
    a_2,
    alpha_1,
    alpha_2,
    b_1,
    b_2,
    e_1,
    e_2,
    error,
    noise_1,
    noise_2,
    nu,
    solved_point,
)
from derivations.groundwork.setting import Delta, Gamma, R, S, d, kappa, lam, m, n, p1, p2, resolvent
from derivations.groundwork.unified_form import unified_error
from derivations.steps import Derivation, Step
from derivations.theorems.nonlinear_error import free_energy, pencils
from derivations.theorems.nonlinear_literal import literal
from derivations.theorems.nonlinear_moments import two_features, two_numbers
from derivations.theorems.two_sources import SETTINGS
from derivations.verify import digits, exact

STATEMENT = r"""Random features $\varphi(S^\top x) - E \varphi$ of width $m$, $S$ of shape $d \times m$ with entries $N(0, 1/d)$, are
replaced for inputs $x \sim N(0, \Sigma_k)$ of source $k$ by

$$\begin{aligned}
z &= a_k S^\top x + b_k\, \xi, & \xi &\sim N(0, I_m), & v_k &= \frac{\operatorname{tr} \Sigma_k}{d}, \\
a_k &= E \varphi'(\sqrt{v_k} g), & b_k^2 &= \operatorname{Var} \varphi(\sqrt{v_k} g) - a_k^2 v_k, & g &\sim N(0, 1),
\end{aligned}$$

a part that is linear in $x$ and a feature noise, drawn for each sample. For ridge regression on these $z$, with any number of
sources, covariances, weights and width, let $A = \sum_k p_k e_k a_k^2 \Sigma_k$, $\beta = \sum_k p_k e_k b_k^2$ and
$G = (A + \nu)^{-1}$. Then

$$e_k = \frac{\alpha_k}{1 + \frac{\alpha_k}{n} \left(a_k^2 \operatorname{tr}[\Sigma_k G] + b_k^2 \frac{d}{\nu}\right)}, \qquad
\nu = \frac{(\lambda + \beta)\, d}{m} + \frac{\nu}{m} \operatorname{tr}[A G]:$$

the feature noise raises the ridge. Let a pair $(C, c)$ stand for the quadratic form $S^\top C S + c$ of fitted weights. Then,
with $G_S$ at the raised ridge $\lambda + \beta$,

$$\begin{aligned}
\langle (C, c), (B, h) \rangle &= \operatorname{tr}[C G_S B G_S] + \theta \left(c \operatorname{tr}[B G^2] + h \operatorname{tr}[C G^2]\right)
+ \frac{c\, h\, \theta\, d}{\nu^2}, \\
\theta &= \frac{d}{m - \operatorname{tr}[(A G)^2]}, \\
T_{kj} &= \frac{p_j e_j^2}{n} \langle (a_k^2 \Sigma_k, b_k^2), (a_j^2 \Sigma_j, b_j^2) \rangle, \qquad E_k = \sigma_k^2 + \mu_k + \sum_j T_{kj} E_j,
\end{aligned}$$

where $\mu_k = E(\bar v \cdot z - x \cdot w_k)^2 = E|a_k \bar w - w_k|^2_{\Sigma_k} + b_k^2\, E|\bar v|^2$ is the misfit of the mean fit,
$\bar w = S \bar v = G_S \sum_k p_k e_k a_k \Sigma_k w_k$. The excess error on a test population is $\mu_t + \sum_j T_{tj} E_j$.

**What is proved and what is assumed.** The formulas of the model with feature noise are proved as on the other pages: by a limit of the
unified form, and by pencils of two sources that commute. That ridge regression on $\varphi(S^\top x)$ has the
same errors in the limit, the *Gaussian equivalence*, is assumed. It is a theorem for one source under conditions on $\varphi$ and
$S$ (Hu and Lu, arXiv 2009.07669; earlier Goldt et al., arXiv 2006.14709, and Mei and Montanari, arXiv 1908.05355), not for several
sources; the second step says why to expect it, the last one tries it."""

B, C, A = deterministic("B C A", d)
b, c, a = map(eigenvalue, (B, C, A))
D, M = sp.symbols("D M", positive=True)  # dimensions in all, and those that are added
h, k = sp.symbols("h k", positive=True)  # of the pairs (B, h) and (C, k)
slope = a_1  # of both sources, where labels are to be those of the unified form
SAME_SLOPE = Equivalent(sources=(Population(Sigma_1, slope, b_1), Population(Sigma_2, slope, b_2)))
PULLS = [p * e * s for p, e, s in zip((p1, p2), (e_1, e_2), (Sigma_1, Sigma_2), strict=True)]


def steps() -> Iterator[Step]:
    """The nonlinearity; the model with feature noise, by two routes; the literal features."""
    yield two_numbers()
    yield two_features()
    yield _more_directions()
    yield _limit_of_errors()
    yield from pencils()
    yield free_energy()
    yield literal()


def widened(formula: sp.Expr) -> sp.Expr:
    """A formula of the unified form on d + M dimensions, for M -> infinity.

    Each trace is the sum over the d dimensions, where Sigma_k is a^2 Sigma_k, and M times its value in
    a new direction, where Sigma_k is b_k^2 d / M and a label has no part.
    """
    _, beta = SAME_SLOPE.whole()
    inside = {Sigma_1: slope**2 * Sigma_1, Sigma_2: slope**2 * Sigma_2}
    inside |= {Gamma: Gamma / slope**2, Delta: Delta / slope**2}
    share = d / M
    outside = {Sigma_1: b_1**2 * share, Sigma_2: b_2**2 * share, b: h * share, c: k * share}
    outside |= {Gamma: 0, Delta: 0, R: 1 / (beta * share + nu)}

    def trace(node):
        (matrix,) = node.args
        added = sp.cancel(M * matrix.subs(outside, simultaneous=True))
        return tr(matrix.subs(inside, simultaneous=True)) + sp.limit(added, M, sp.oo)

    return formula.replace(lambda node: isinstance(node, tr), trace)


def _more_directions():
    shifted, (whole, _) = sum(PULLS), SAME_SLOPE.whole()
    algebra = Algebra((Sigma_1, Sigma_2, b, c), ((R, whole + nu),), d)
    projection = Gaussian("S", D, m, variance=1 / d)
    wide = sp.MatrixSymbol("A", D, D)
    first = SymbolicTrace(resolvent(projection.T * wide * projection), lam)
    solved = lam * d / m + nu / m * tr(shifted * R)  # the unified form's
    pairs = zip(
        ("e_1", "e_2", r"\nu"),
        (
            *(w / (1 + w / n * tr(s * R)) for w, s in ((alpha_1, Sigma_1), (alpha_2, Sigma_2))),
            solved,
        ),
        SAME_SLOPE.equations(),
        strict=True,
    )
    inflation = nu**2 / m * tr(b * R**2) / (1 - tr((shifted * R) ** 2) / m)
    rule = tr(b * c * R**2) + inflation * tr(c * R**2)
    return Step(
        r"**Feature noise is more directions.** Give the inputs $M$ further directions of variance $b_k^2 d / M$, and $S$ as "
        r"many more rows $T$, of entries $N(0, 1/d)$ as before. The features become $a_k S^\top x + b_k \sqrt{d/M}\, T^\top \xi'$ "
        r"with $\xi' \sim N(0, I_M)$, and since $\frac{d}{M} T^\top T \to I_m$ for $M \to \infty$, that is $a_k S^\top x + b_k "
        r"\xi$ with feature noise $\xi$ for each sample. So this model is an ordinary projected one, with $a_k^2 \Sigma_k \oplus "
        r"\frac{b_k^2 d}{M} I_M$ for $\Sigma_k$, and with labels that do not know the new directions. The unified form knows the number of "
        r"dimensions through its traces alone (the $d$ in $\lambda d / m$ is that of the variance $1/d$). In a trace the new "
        r"directions count $M$ times what they have in one, which is of order $1/M$: a trace with one factor of "
        r"theirs keeps a number, one with two forgets them. With $\beta = \sum_k p_k e_k b_k^2$,",
        (
            r"\operatorname{tr}[A G] \to \operatorname{tr}[A G] + \frac{\beta d}{\nu}, \qquad \operatorname{tr}[(A G)^2] \to "
            r"\operatorname{tr}[(A G)^2]",
            r"\operatorname{tr}[C G] \to \operatorname{tr}[C G] + \frac{c\, d}{\nu}, \qquad "
            r"\operatorname{tr}[C G^2] \to \operatorname{tr}[C G^2] + \frac{c\, d}{\nu^2}",
            r"\nu = \frac{\lambda d}{m} + \frac{\nu}{m} \Big( \operatorname{tr}[A G] + \frac{\beta d}{\nu} \Big) = \frac{(\lambda + "
            r"\beta) d}{m} + \frac{\nu}{m} \operatorname{tr}[A G]",
            r"\langle (C, c), (B, h) \rangle = \operatorname{tr}[C G B G] + \frac{\nu^2}{m - \operatorname{tr}[(A G)^2]} \Big( "
            r"\operatorname{tr}[B G^2] + \frac{h\, d}{\nu^2} \Big) \Big( \operatorname{tr}[C G^2] + \frac{c\, d}{\nu^2} \Big)",
        ),
        (
            exact(
                "the ridge in $D$ dimensions, variance $1/d$",
                first.solution[lam],
                kappa * (m - tr(a * R)) / d,
                first.reduced,
            ),
            *(
                exact(f"the equation of ${name}$ in the limit", widened(one), other, algebra.normal_form)
                for name, one, other in pairs
            ),
            exact(
                "the product of two forms in the limit",
                widened(rule),
                SAME_SLOPE.product((c, k), (b, h)),
                algebra.normal_form,
            ),
            _form_by_pencil(),
        ),
    )


def _form_by_pencil():
    """The product of two forms with a deterministic A, without the limit."""
    one = sp.Identity(m)
    left, right = S.T * C * S + k * one, S.T * B * S + h * one
    Q = resolvent(S.T * A * S)
    trace = SymbolicTrace(left * Q * right * Q, lam)
    theta = d / (m - tr(a**2 * R**2))
    claimed = tr(c * b * R**2) + kappa**2 * theta / d * tr(c * R**2) * tr(b * R**2)
    claimed += theta * (k * tr(b * R**2) + h * tr(c * R**2) + h * k * d / kappa**2)
    return exact("the product of two forms by a pencil", trace.value, claimed, trace.reduced)


def _limit_of_errors():
    noises = noise_1, noise_2
    unified = unified_error((e_1, e_2), nu, (Sigma_1, Sigma_2), True, noises)
    claimed = error(SAME_SLOPE, SAME_SLOPE.sources[0])
    points = [
        solved_point(*setting, numbers={**SETTING, a_2: SETTING[slope]}) for setting in SETTINGS[::2]
    ]
    return Step(
        r"**The whole error by the same limit.** With one slope $a$ for both sources the labels are those of the unified form, $x \cdot w = (a x) "
        r"\cdot (w / a)$, so the limit of its error must be what the statement says, with different covariances, noises and feature noises: "
        r"$B$, $V$ and $\zeta$ with $w_2 = w_1 + \delta$, with $n$, $m$ and $d$ in three orders.",
        checks=tuple(
            digits(f"${latex(part)}$ in the limit", widened(formula), claimed[part], points)
            for part, formula in unified.named()
        ),
    )


NONLINEAR = Derivation("nonlinear", "Nonlinear random features", STATEMENT, steps)
