"""Two-point equivalents of projections: two deterministic matrices under one projection."""

from collections.abc import Iterator

import mpmath as mp
import sympy as sp

from derivations.engine.eliminate import solve_linear
from derivations.engine.matrices import deterministic, eigenvalue
from derivations.engine.points import Point
from derivations.engine.precise import PreciseTrace
from derivations.engine.symbolic import SymbolicTrace
from derivations.engine.traces import Algebra, tr
from derivations.groundwork.setting import (
    SHIFT,
    SIGNAL,
    SPECTRUM,
    R,
    S,
    d,
    kappa,
    lam,
    m,
    point,
    projected,
)
from derivations.groundwork.two_point_form import R_mu, kappa_mu, mu, together
from derivations.steps import Step
from derivations.verify import digits, exact

A, A_mu, B, C = deterministic("A A' B C", d)
a, a_mu, b, c = map(eigenvalue, (A, A_mu, B, C))
nu, nu_mu, r, t = sp.symbols("nu nu' r t", positive=True)
RIDGES = sp.Rational(1, 20), sp.Rational(3, 10)


def projections() -> Iterator[Step]:
    """G_S B G'_S for two deterministic matrices under one projection, by the same routes."""
    algebra = Algebra((a, a_mu, b, c), ((R, a + nu), (R_mu, a_mu + nu_mu)), d)
    N = sp.Matrix([[nu, r], [0, nu_mu]])
    pair, ridges = sp.Matrix([[a, t * b], [0, a_mu]]), sp.diag(lam, mu)
    G = (pair + N).inv()
    condition = m * N - d * ridges - (pair * G).applyfunc(tr) * N
    condition = condition.applyfunc(algebra.normal_form)
    solved = solve_linear({r: r + condition[0, 1]}, {})[r]
    claimed = t * nu * nu_mu * tr(b * R * R_mu) / (m - tr(a * a_mu * R * R_mu))
    yield Step(
        r"**Projections of two matrices.** Let $A$ be seen by one fit and $A'$ by the other: they are $\sum_k p_k e_k "
        r"\Sigma_k$ at the two ridges. In $2 \times 2$ blocks $\mathcal{A} = \begin{pmatrix} A & t B \\ 0 & A' "
        r"\end{pmatrix}$ and $\Lambda = \begin{pmatrix} \lambda & 0 \\ 0 & \mu \end{pmatrix}$, and the corner of $P = S "
        r"(\Lambda + S^\top \mathcal{A} S)^{-1} S^\top$ is $-t\, G_S B G'_S$. Leaving out a column $s_j$ of $S$, whose law is "
        r"$N(0, I/d)$, its block of $(\Lambda + S^\top \mathcal{A} S)^{-1} S^\top$ is $(\Lambda + s_j^\top (\mathcal{A} - "
        r"\mathcal{A} P_{-j} \mathcal{A}) s_j)^{-1} s_j^\top (I - \mathcal{A} P_{-j})$. The first factor tends to a $2 \times 2$ "
        r"matrix, $\frac{d}{m} N^{-1}$, so $P = N^{-1} (I - \mathcal{A} P)$; and $\mathcal{A} - \mathcal{A} P \mathcal{A} = "
        r"\mathcal{A} P N$. Off the diagonal the equation of $N = \begin{pmatrix} \nu & r \\ 0 & \nu' \end{pmatrix}$ is linear.",
        (
            r"P \simeq G = (\mathcal{A} + N)^{-1}, \qquad "
            r"N = \frac{d}{m} \Lambda + \frac1m (\operatorname{tr} \otimes I_2) [\mathcal{A} G]\, N",
            r"r = t\, \frac{\nu \nu' \operatorname{tr}[B G G']}{m - \operatorname{tr}[A G A' G']}, \qquad "
            r"G_S B G'_S \simeq G \Big( B + \frac{r}{t} \Big) G'",
        ),
        (
            _schur(),
            exact(
                r"the equation of $\nu$",
                condition[0, 0],
                nu * (m - tr(a * R)) - lam * d,
                algebra.normal_form,
            ),
            exact("$r$", solved, claimed, algebra.normal_form),
        ),
    )
    value = algebra.normal_form(tr(c * -G[0, 1] / t)).subs(r, claimed)
    value = value.subs({nu: kappa, nu_mu: kappa_mu})
    expression = C * projected(S, A) * B * projected(S, A_mu, mu)
    trace = SymbolicTrace(expression, lam, mu)
    alike = SymbolicTrace(C * projected(S, A) * B * projected(S, A, mu), lam, mu)
    one = value.subs(a_mu, a)
    inside = one.subs({R: 1 / (a + kappa), R_mu: 1 / (a + kappa_mu)}).subs(b, a)
    first = (lam * tr(c * R) - mu * tr(c * R_mu)) / (lam - mu)
    own = {lam: kappa * (m - tr(a * R)) / d, mu: kappa_mu * (m - tr(a * R_mu)) / d}
    yield Step(
        r"**By the pencil**, with $A' \ne A$ and with $A' = A$. For $B = A' = A$ there is the third route, as $G_S A\, G'_S = "
        r"(\lambda G_S - \mu G'_S) / (\lambda - \mu)$. At one ridge $r(B)$ is the $\nu'(B)$ of the unified form.",
        (),
        (
            exact("$G_S B G'_S$ by both routes", trace.value, value, trace.reduced),
            exact("$G_S B G'_S$ by both routes, $A' = A$", alike.value, one, alike.reduced),
            exact("$B = A$ by the resolvent identity", inside, first.subs(own), alike.reduced),
            digits(
                "$G_S B G'_S$ from the raw equations", PreciseTrace(expression), value, width_points()
            ),
            exact(
                r"$\nu'(B)$ at one ridge",
                (claimed / t).subs({nu_mu: nu, a_mu: a, R_mu: R}),
                nu**2 * tr(b * R**2) / (m - tr(a**2 * R**2)),
            ),
        ),
    )


def _schur():
    """The last block of (Lambda + S^T A S)^-1 S^T, with one column before it, in dimension d = 2."""
    before, last = sp.Matrix([2, 1]), sp.Matrix(sp.symbols("s_1 s_2"))
    pair = sp.Matrix([[2, 1, 0, 1], [1, 3, 1, 0], [0, 0, 1, 1], [0, 0, 1, 4]])  # blocks A, B; 0, A'
    ridges = sp.diag(sp.Rational(1, 2), sp.Rational(1, 3))

    def widened(column):
        return sp.kronecker_product(sp.eye(2), column)

    def fitted(columns):
        S = sp.Matrix.hstack(*map(widened, columns))
        return (sp.kronecker_product(sp.eye(len(columns)), ridges) + S.T * pair * S).inv() * S.T

    P = widened(before) * fitted([before])
    column = widened(last)
    factor = (ridges + column.T * (pair - pair * P * pair) * column).inv()
    difference = fitted([before, last])[2:, :] - factor * column.T * (sp.eye(4) - pair * P)
    left, right = sp.Matrix(sp.symbols("y_1:3")), sp.Matrix(sp.symbols("z_1:5"))
    return exact("the block of one column", (left.T * difference * right)[0], 0)


def width_points() -> list[Point]:
    """m below, at and above d = 6; A' has the eigenvalues of A in reverse order."""
    points = []
    for width, label in ((3, "m < d"), (6, "m = d"), (12, "m > d")):
        pair = together(*(point(mp.inf, width, ridge, label=label) for ridge in RIDGES))
        spectra = {a: SPECTRUM, a_mu: SPECTRUM[::-1], b: SHIFT, c: SIGNAL}
        spectra |= {R: pair.spectra[R], R_mu: pair.spectra[R_mu][::-1]}
        points.append(Point(label, pair.numbers, spectra))
    return points
