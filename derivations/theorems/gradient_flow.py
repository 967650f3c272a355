"""Gradient flow: a sum of ridge fits at complex ridges, from early stopping to the end."""

from collections.abc import Iterator

import mpmath as mp
import sympy as sp

from derivations.engine.points import WORKING, Point
from derivations.groundwork.flow_form import ASCENT, DESCENT, FOCUS, NODES, parabola
from derivations.steps import Derivation, Step
from derivations.theorems.gradient_flow_endless import endless
from derivations.theorems.gradient_flow_isotropic import isotropic_flow
from derivations.verify import digits, exact, tends

STATEMENT = r"""Training that is linear in the labels and acts through the spectrum leaves of a direction of eigenvalue $x$ a
residual. If that is a sum of what ridge fits leave, the error is a sum of the products $F$ of two fits:

$$\text{residual}(x) = \sum_q \frac{C_q \lambda_q}{x + \lambda_q} \quad \Longrightarrow \quad
E |\hat w - w_1|^2_\Sigma = \sum_{q r} C_q C_r F(\lambda_q, \lambda_r).$$

**Gradient flow** from 0 on half the mean squared residual leaves $e^{-t x}$, which is such a sum, with $\lambda_q = z_q / t$ and
$C_q = c_q / z_q$ on the parabola

$$z = N \Big( \frac{\pi}{24} - \frac{3 \theta^2}{8 \pi} + \frac{i \theta}{4} \Big), \qquad \theta_q = \frac{(2 q + 1 - N) \pi}{N}, \qquad
c_q = \frac{e^{z_q} z'(\theta_q)}{i N},$$

up to an error that falls like $e^{-\pi N / 3}$ (Weideman and Trefethen, Math. Comp. 76, 2007). Isotropic features then say what
early stopping does to model collapse. As $t \to \infty$ the error tends to Corollary 1's, *from below*: some finite time is always
better. But with endless data, $n \to \infty$, the best time leaves

$$\frac{r^2 p_2^2 c^2}{r^2 + p_2^2 c^2} > 0, \qquad r^2 = \operatorname{tr} \Gamma:$$

early stopping, like a ridge, cannot remove the floor."""

x, t = sp.symbols("x t", positive=True)


def steps() -> Iterator[Step]:
    """The flow, the parabola, the double sum, descent; isotropic features; endless data."""
    yield _flow()
    yield _best_parabola()
    yield _quadrature()
    yield _double_sum()
    yield _descent()
    yield from isotropic_flow()
    yield from endless()


def _flow():
    b = sp.Symbol("b")
    w = (1 - sp.exp(-t * x)) / x * b
    return Step(
        r"**Gradient flow.** In the eigenbasis of $M$ every direction is for itself: $\dot w = b - x w$ with $b$ that of "
        r"$X^\top y / n$, $w = 0$ at $t = 0$. Labels $y = X w_1$ make $b = x w_1$, so that $e^{-t x} w_1$ is left to be learnt.",
        (rf"w = {sp.latex(w)}",),
        (
            exact(r"$\dot w = b - x w$", sp.expand(sp.diff(w, t)), sp.expand(b - x * w)),
            exact("$w = 0$ at $t = 0$", w.subs(t, 0), 0),
            exact(r"what is left of labels $x w_1$", sp.expand(1 - w.subs(b, x)), sp.exp(-t * x)),
        ),
    )


def _best_parabola():
    D, a, c = sp.symbols("D a c", positive=True)
    # z(theta) = a N (1 + i theta / D)^2: the exponents of the three errors, over N.
    pole, ends = -D, a - a * sp.pi**2 / D**2
    growth = a * (1 + c / D) ** 2 - c
    (strip,) = sp.solve(sp.diff(growth, c), c)
    lower = sp.expand(growth.subs(c, strip))
    (focus,) = sp.solve(sp.Eq(lower, pole), a)
    (distance,) = sp.solve(sp.Eq(ends.subs(a, focus), pole), D)
    best = {D: distance, a: focus.subs(D, distance)}
    angle = sp.Symbol("theta", real=True)
    z = sp.expand((a * (1 + sp.I * angle / D) ** 2).subs(best))
    return Step(
        r"**The parabola.** By Cauchy's formula $e^{-x}$ is the integral of $\frac{e^z}{2 \pi i (x + z)}$ along a curve around the "
        r"negative axis; on $z = a N (1 + i \theta / D)^2$ the trapezoidal rule with step $2 \pi / N$ gives the $c_q$. It errs in three "
        r"ways. Above, the integrand is analytic up to the poles, the nearest at $\theta = i D$ ($x = 0$): $e^{-D N}$. Below, "
        r"at $\theta = -i c$, it grows like $e^{a N (1 + c / D)^2}$ while the rule gains $e^{-c N}$; the best $c$ leaves $e^{N (D - D^2 / "
        r"4 a)}$. And the curve ends at $\theta = \pm \pi$, where $e^z$ is $e^{a N (1 - \pi^2 / D^2)}$. The best parabola makes all "
        r"three alike. (In four digits its coefficients are 0.1309, 0.1194 and 0.25.)",
        (
            rf"{sp.latex(lower)} = {sp.latex(ends)} = -D \quad \Longrightarrow \quad "
            rf"D = {sp.latex(distance)}, \quad a = {sp.latex(best[a])}",
        ),
        (
            exact("growth below, at the best $c$", lower, D - D**2 / (4 * a)),
            exact(r"$D = \pi / 3$", distance / sp.pi, sp.Rational(1, 3)),
            exact(r"$a = \pi / 24$", best[a] / sp.pi, FOCUS / sp.pi),
            exact(r"$3 / 8 \pi$", -z.coeff(angle, 2) * sp.pi, DESCENT * sp.pi),
            exact("$1/4$", z.coeff(angle, 1) / sp.I, ASCENT),
        ),
    )


def _quadrature():
    where = [mp.mpf(0)] + [mp.mpf(10) ** (mp.mpf(k) / 2) for k in range(-4, 9)]

    def quadrature(nodes, value):
        return mp.fsum(c / (value + z) for z, c in parabola(nodes)).real

    def worst(size):
        nodes = round(-3 * mp.log(size) / mp.pi)
        return max(abs(quadrature(nodes, value) - mp.exp(-value)) for value in where)

    def of_point(point):
        with mp.workdps(WORKING):
            return quadrature(NODES, mp.mpf(point.numbers[x].p) / point.numbers[x].q)

    with mp.workdps(WORKING):
        sizes = [mp.exp(-mp.pi * nodes / 3) for nodes in (16, 32, 64)]
    values = [sp.Rational(*ratio) for ratio in ((0, 1), (1, 3), (2, 1), (10, 1))]
    points = [Point(f"x = {value}", {x: value}) for value in values]
    return Step(
        r"**Its digits.** The worst error over $x = 0$ and $10^{-2} \dots 10^4$ is $2 e^{-\pi N / 3}$, at $x = 0$: $6 \cdot 10^{-15}$ "
        rf"for $N = 32$. Below $N = {NODES}$, for 30 digits in everything that follows.",
        (r"e^{-x} = \sum_q \frac{c_q}{x + z_q} + O(e^{-\pi N / 3})",),
        (
            tends(r"the quadrature errs like $e^{-\pi N / 3}$ at $N = 16, 32, 64$", worst, 0, sizes, 1),
            digits(rf"$e^{{-x}}$ by $N = {NODES}$ nodes", of_point, sp.exp(-x), points),
        ),
    )


def _double_sum():
    ridges, weights = sp.symbols("lambda_1:4", positive=True), list(sp.symbols("C_1:3"))
    weights.append(1 - sum(weights))
    w, delta = sp.symbols("w_1 delta")  # what labels of w_1 + delta teach, in one direction
    filtered = sum(C / (x + ridge) for C, ridge in zip(weights, ridges, strict=True))
    left = sum(C * ridge / (x + ridge) for C, ridge in zip(weights, ridges, strict=True))
    errors = [x / (x + ridge) * (w + delta) - w for ridge in ridges]
    terms = [C * error for C, error in zip(weights, errors, strict=True)]
    total = sum(one * other for one in terms for other in terms)
    return Step(
        r"**The double sum.** With $\sum_q C_q = 1$ (what no algorithm can learn is left whole: the residual is 1 at $x = 0$) "
        r"$\hat w = \sum_q C_q \hat w_{\lambda_q}$ errs by $\hat w - w_1 = \sum_q C_q (\hat w_{\lambda_q} - w_1)$, on whatever data. The "
        r"mean square of that is the double sum. (Here in one direction, for three ridges and labels of $w_1 + \delta$.)",
        (r"\hat w - w_1 = \sum_q C_q (\hat w_{\lambda_q} - w_1)",),
        (
            exact("the residual", left, 1 - x * filtered),
            exact("the error squared", total, (x * filtered * (w + delta) - w) ** 2),
        ),
    )


def _descent():
    step, beta, u = sp.symbols("eta beta u", positive=True)
    left = [sp.S.One, sp.S.One]  # after -1 and 0 steps
    for _ in range(4):
        left.append(sp.expand((1 - step * x + beta) * left[-1] - beta * left[-2]))
    ridge = (1 - u) * (1 - beta * u) / (step * u)
    series = sp.series(sp.cancel(ridge / (x + ridge) / (1 - u)), u, 0, 5).removeO()
    whole = sp.Symbol("g")  # sum_t u^t residual_t
    equation = whole - 1 - u * (1 - step * x + beta) * whole + beta * u * (1 + u * whole)
    (solved,) = sp.solve(equation, whole)
    return Step(
        r"**Gradient descent**, with step $\eta$ and momentum $\beta$, leaves polynomials in $x$, $h_{t+1} = (1 - \eta x + \beta) h_t - \beta "
        r"h_{t-1}$, $h_0 = h_{-1} = 1$. Their generating function is what one ridge fit leaves, at a ridge that goes around a "
        r"circle with $u$; Cauchy's formula makes every $h_t$ a sum of ridge fits.",
        (
            r"\sum_t u^t h_t(x) = \frac{1}{1 - u} \frac{\lambda(u)}{x + \lambda(u)}, \qquad "
            r"\lambda(u) = \frac{(1 - u)(1 - \beta u)}{\eta u}",
        ),
        (
            exact("the generating function", solved, ridge / (x + ridge) / (1 - u)),
            *(
                exact(f"what {count} steps leave", series.coeff(u, count), left[count + 1])
                for count in range(5)
            ),
        ),
    )


GRADIENT_FLOW = Derivation(
    "gradient-flow", "Gradient flow: early stopping does not remove the floor", STATEMENT, steps
)
