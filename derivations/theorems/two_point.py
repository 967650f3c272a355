"""Two-point equivalents: a deterministic matrix between two resolvents of one random matrix."""

from collections.abc import Iterator

import sympy as sp

from derivations.engine.eliminate import solve_linear
from derivations.engine.matrices import Gaussian, deterministic, eigenvalue
from derivations.engine.points import Point
from derivations.engine.precise import PreciseTrace
from derivations.engine.symbolic import SymbolicTrace
from derivations.engine.traces import Algebra, tr
from derivations.groundwork.pencil_steps import equations_step, pencil_step
from derivations.groundwork.setting import (
    SHIFT,
    SIGMA,
    SIGNAL,
    R,
    Sigma,
    d,
    kappa,
    lam,
    n,
    point,
    resolvent,
)
from derivations.groundwork.two_point_form import R_mu, kappa_mu, mu, together
from derivations.steps import Derivation, Step
from derivations.theorems.two_point_projected import RIDGES, projections
from derivations.verify import digits, exact

STATEMENT = r"""A fit that is a sum of ridge fits, $\hat w = \sum_q C_q \hat w_{\lambda_q}$, has an error that is quadratic in them: it
needs two resolvents of the *same* random matrix, at different ridges. With $e$, $\nu$, $A$, $G$ of the unified form at
$\lambda$, and $e'$, $\nu'$, $A'$, $G'$ at $\mu$, and for deterministic $B$,

$$\begin{aligned}
(M + \lambda)^{-1} B\, (M + \mu)^{-1} &\simeq G \Big( B + \frac{s}{t} \Sigma \Big) G', \qquad
\frac{s}{t} = \frac{\frac{e e'}{n} \operatorname{tr}[\Sigma G B G']}{1 - \frac{e e'}{n} \operatorname{tr}[\Sigma G \Sigma G']}
\qquad \text{(one source)}, \\
G_S B\, G'_S &\simeq G (B + r(B)) G', \qquad
r(B) = \frac{\nu \nu' \operatorname{tr}[B G G']}{m - \operatorname{tr}[A G A' G']}.
\end{aligned}$$

Both sides are rational in $e$, $e'$ and the resolvents, and analytic in the ridges away from the spectrum; so what is proved at
positive ridges holds at complex ones. Matrices commute here."""

B, C = deterministic("B C", d)
b, c = eigenvalue(B), eigenvalue(C)
e, e_mu, s, t = sp.symbols("e e' s t", positive=True)
X = Gaussian("X", n, d, SIGMA)
M = X.T * X / n
TWO = sp.eye(2)


def steps() -> Iterator[Step]:
    """The sample covariance, then projections; each by a derivative, by the pencil, by an identity."""
    yield from _sample_covariance()
    yield from projections()


def _sample_covariance():
    """Q(lambda) B Q(mu) of the sample covariance: by a ridge that is a matrix, and by the pencil."""
    yield _matrix_ridge()
    algebra = Algebra((b, c, Sigma), ((R, e * Sigma + lam), (R_mu, e_mu * Sigma + mu)), d)
    E = sp.Matrix([[e, s], [0, e_mu]])
    G = (Sigma * E + sp.Matrix([[lam, t * b], [0, mu]])).inv()
    condition = (E.inv() - TWO - (Sigma * G).applyfunc(tr) / n).applyfunc(algebra.normal_form)
    solved = solve_linear({s: s + condition[0, 1]}, {})[s]
    weight = e * e_mu / n
    claimed = t * weight * tr(Sigma * b * R * R_mu) / (1 - weight * tr(Sigma**2 * R * R_mu))
    yield Step(
        r"**The rule for $M$, by a derivative.** With $E = \begin{pmatrix} e & s \\ 0 & e' \end{pmatrix}$ the diagonal of "
        r"that equation is the equation of $e$ at $\lambda$ and of $e'$ at $\mu$, and what is off it is linear in $s$: here "
        r"it is solved. The block of $G$ beside it is that of the inverse, $-t\, Q(\lambda) B\, Q(\mu)$.",
        (
            r"s = t\, \frac{\frac{e e'}{n} \operatorname{tr}[\Sigma G B G']}"
            r"{1 - \frac{e e'}{n} \operatorname{tr}[\Sigma G \Sigma G']}, \qquad "
            r"Q(\lambda) B\, Q(\mu) \simeq G \Big( B + \frac{s}{t} \Sigma \Big) G'",
        ),
        (
            exact(
                "the equation of $e$",
                condition[0, 0],
                1 / e - 1 - tr(Sigma * R) / n,
                algebra.normal_form,
            ),
            exact("$s$", solved, claimed, algebra.normal_form),
        ),
    )
    # The pencil's resolvent is (Sigma + kappa)^-1, which is e times G.
    value = tr(c * -G[0, 1] / t).subs(s, claimed)
    own = {e: 1 - tr(Sigma * R) / n, e_mu: 1 - tr(Sigma * R_mu) / n}
    value = algebra.normal_form(value).subs({R: R / e, R_mu: R_mu / e_mu}, simultaneous=True).subs(own)
    expression = C * resolvent(M) * B * resolvent(M, mu)
    yield pencil_step(r"$\operatorname{tr}[C\, Q(\lambda) B\, Q(\mu)]$", expression)
    trace = SymbolicTrace(expression, lam, mu)
    yield equations_step(r"$\operatorname{tr}[C\, Q(\lambda) B\, Q(\mu)]$", trace)
    first = {x: tr(c * y) / f for x, y, f in ((lam, R, e), (mu, R_mu, e_mu))}
    by_identity = ((first[lam] - first[mu]) / (mu - lam)).subs(
        {lam: kappa * e, mu: kappa_mu * e_mu}, simultaneous=True
    )
    at_one = value.subs({R: 1 / (Sigma + kappa), R_mu: 1 / (Sigma + kappa_mu)}).subs(b, 1)
    yield Step(
        r"**By the pencil.** Its two resolvents have shifts of their own, $\kappa = \lambda / e$ and $\kappa' = \mu / e'$. A "
        r"third route reaches $B = I$ only, but needs no equation of second order at all: "
        r"$Q(\lambda) Q(\mu) = (Q(\lambda) - Q(\mu)) / (\mu - \lambda)$, and the first-order rule twice.",
        (),
        (
            exact(r"$Q(\lambda) B\, Q(\mu)$ by both routes", trace.value, value, trace.reduced),
            exact(r"$B = I$ by the resolvent identity", at_one, by_identity.subs(own), trace.reduced),
            digits(
                r"$Q(\lambda) B\, Q(\mu)$ from the raw equations",
                PreciseTrace(expression),
                value,
                sample_points(),
            ),
        ),
    )


def _matrix_ridge():
    x = sp.Matrix(sp.symbols("x_1 x_2"))
    rows = sp.kronecker_product(x, TWO)
    L = sp.Matrix([[3, 1, 1, 2], [0, 4, 0, 1], [1, 2, 5, 1], [0, 1, 0, 6]])
    E = (TWO + rows.T * L.inv() * rows / n).inv()
    left, right = sp.Matrix(sp.symbols("y_1:3")), sp.Matrix(sp.symbols("z_1:5"))
    difference = rows.T * (L + rows * rows.T / n).inv() - E * rows.T * L.inv()
    return Step(
        r"**A ridge that is a matrix.** Both fits at once: let the ridge be $2 \times 2$, with $t B$ in its corner. The "
        r"first-order rule holds for it with $2 \times 2$ matrices in place of numbers. Indeed, write $x_i \otimes I_2$ for "
        r"a row, and leave one out: by Woodbury's identity $(x_i^\top \otimes I_2) L^{-1} = E_i (x_i^\top \otimes I_2) L_{-i}^{-1}$ with "
        r"$E_i = (I_2 + \frac1n (x_i^\top \otimes I_2) L_{-i}^{-1} (x_i \otimes I_2))^{-1}$, and $x_i$ is independent of "
        r"$L_{-i}$, so $E_i$ tends to $E$. Summing $\frac1n (x_i \otimes I_2) (x_i^\top \otimes I_2) L^{-1}$ over the rows "
        r"gives $(\Sigma \otimes E) L^{-1}$.",
        (
            r"L = M \otimes I_2 + \begin{pmatrix} \lambda & t B \\ 0 & \mu \end{pmatrix}, \qquad "
            r"L^{-1} \simeq G = \left( \Sigma \otimes E + \begin{pmatrix} \lambda & t B \\ 0 & \mu \end{pmatrix} "
            r"\right)^{-1}, \qquad E^{-1} = I_2 + \frac1n (\operatorname{tr} \otimes I_2) [\Sigma G]",
        ),
        (exact("Woodbury's identity for one row", (left.T * difference * right)[0], 0),),
    )


def sample_points() -> list[Point]:
    """n below, at and above d = 6, at two ridges."""
    points = []
    for samples, label in ((3, "n < d"), (6, "n = d"), (20, "n > d")):
        pair = together(*(point(samples, None, ridge, label=label) for ridge in RIDGES))
        points.append(Point(label, pair.numbers, {**pair.spectra, b: SHIFT, c: SIGNAL}))
    return points


TWO_POINT = Derivation(
    "two-point", "Two-point equivalents: one random matrix, two ridges", STATEMENT, steps
)
