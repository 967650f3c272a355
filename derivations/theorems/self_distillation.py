"""Self-distillation on the same inputs: a product of two fits, and a derivative in the ridge."""

from collections.abc import Iterator
from pathlib import Path

import mpmath as mp
import numpy as np
import sympy as sp

from derivations.engine.matrices import Gaussian
from derivations.engine.points import WORKING, Point, precise
from derivations.engine.symbolic import SymbolicTrace
from derivations.engine.traces import tr
from derivations.groundwork.branch import d_kappa
from derivations.groundwork.flow_form import TWO_FITS_ISOTROPIC, marchenko_pastur
from derivations.groundwork.formulas import THEOREM_1
from derivations.groundwork.isotropic import RIDGE, VALUES, c2, phi, r2
from derivations.groundwork.latex import latex
from derivations.groundwork.pictures import picture
from derivations.groundwork.setting import (
    GAMMA,
    SIGMA,
    Gamma,
    R,
    Sigma,
    d,
    df2,
    kappa,
    lam,
    n,
    noise,
    p2,
    resolvent,
)
from derivations.groundwork.two_point_form import (
    ALGEBRA_MU,
    CLASSICAL_MU,
    SAME,
    R_mu,
    df2_mu,
    kappa_mu,
)
from derivations.steps import Derivation, Step
from derivations.verify import digits, exact, identical
from workbench.style import COLOURS

STATEMENT = r"""A student learns from labels $(1 - \xi)\, y + \xi\, \hat y$, a part of them its teacher's predictions for the same inputs,
with the same ridge. With $u = \lambda / (x + \lambda)$, which the teacher leaves, it leaves $u + \xi u (1 - u)$, and its error is

$$(1 - \xi)^2 R + 2 \xi (1 - \xi)\, C + \xi^2 P, \qquad C = R + \frac12 \frac{\mathrm{d} R}{\mathrm{d} \log \lambda}, \qquad
P = \left( 1 + \lambda \frac{\partial}{\partial \lambda} \right) \left( 1 + \mu \frac{\partial}{\partial \mu} \right) F
\bigg|_{\mu = \lambda},$$

$R = F(\lambda, \lambda)$ being the teacher's, $P$ that of a student of its teacher alone. The best mix, $\xi = \frac{R - C}{R + P - 2 C}$, gains

$$\frac{(R - C)^2}{R + P - 2 C} = \frac{1}{4 (R + P - 2 C)} \left( \frac{\mathrm{d} R}{\mathrm{d} \log \lambda} \right)^2.$$

So it is better than its teacher, strictly, except where $\lambda$ is stationary: at the best ridge self-distillation gains nothing. That is the
exception to the strict improvement of arXiv 2602.17565. The first equation of $C$ holds for every data set."""

xi = sp.Symbol("xi", real=True)
OTHER = {R: R_mu, R_mu: R, kappa: kappa_mu, kappa_mu: kappa}


def steps() -> Iterator[Step]:
    """One data set; the best mix; products and derivatives; isotropic features; the exception."""
    yield _one_data_set()
    yield _best_mix()
    yield _derivatives()
    yield _isotropic()
    yield _exception()


def _one_data_set():
    rows = sp.Matrix([[1, 2], [0, 1], [2, -1], [1, 1]])
    labels, truth, test = sp.Matrix([3, -1, 2, 1]), sp.Matrix([1, -2]), sp.diag(2, 3)
    M, size = rows.T * rows / rows.rows, rows.rows

    def fit(y):
        return (M + lam * sp.eye(2)).inv() * rows.T * y / size

    teacher = fit(labels)
    pure = fit(rows * teacher)
    mixed = fit((1 - xi) * labels + xi * rows * teacher)
    y, z = sp.symbols("y z")  # of a direction, so that one check sees both components
    along = sp.Matrix([[y, z]])

    def product(one, other):
        return ((one - truth).T * test * (other - truth))[0]

    own = product(teacher, teacher)
    return Step(
        r"**One data set.** The fit to $X \hat w$ is $Q M \hat w = \hat w - \lambda Q \hat w$, and $\hat w = Q X^\top y / n$ has "
        r"$\mathrm{d} \hat w / \mathrm{d} \lambda = -Q \hat w$. So a student of its teacher alone is at $\hat w + \mathrm{d} \hat w / \mathrm{d} \log "
        r"\lambda$, and what it errs by times what its teacher errs by is half the derivative of a square. Here are four "
        r"rows of integers, at every $\lambda$.",
        (
            r"\hat w_P = \hat w + \frac{\mathrm{d} \hat w}{\mathrm{d} \log \lambda}, \qquad "
            r"(\hat w - w_1)^\top \Sigma (\hat w_P - w_1) = \Big( 1 + \frac12 \frac{\mathrm{d}}{\mathrm{d} \log \lambda} \Big) "
            r"|\hat w - w_1|^2_\Sigma",
        ),
        (
            exact("the student", (along * (pure - teacher - lam * sp.diff(teacher, lam)))[0], 0),
            exact("the mix", (along * (mixed - (1 - xi) * teacher - xi * pure))[0], 0),
            exact("$C$", product(teacher, pure), own + lam * sp.diff(own, lam) / 2),
        ),
    )


def _best_mix():
    own, cross, pure = sp.symbols("R C P", positive=True)
    x = sp.Symbol("x", positive=True)
    u = lam / (x + lam)
    risk = (1 - xi) ** 2 * own + 2 * xi * (1 - xi) * cross + xi**2 * pure
    (best,) = sp.solve(sp.diff(risk, xi), xi)
    spread = own + pure - 2 * cross
    return Step(
        r"**The best mix.** The student's error is $(1 - \xi)(\hat w - w_1) + \xi (\hat w_P - w_1)$, so its square is a parabola in $\xi$, "
        r"open above since $R + P - 2 C = E |\hat w - \hat w_P|^2_\Sigma > 0$.",
        (rf"\xi_\star = {sp.latex(best)}",),
        (
            exact(r"the residual", u + lam * sp.diff(u, lam), 2 * u - u**2),
            exact("the best $\\xi$", best, (own - cross) / spread),
            exact("the gain", own - risk.subs(xi, best), (own - cross) ** 2 / spread),
        ),
    )


def _derivatives():
    checks = [
        exact(
            f"$C$ for ${latex(name)}$ of Theorem 1",
            d_kappa(two).subs(SAME),
            d_kappa(one) / 2,
            ALGEBRA_MU.normal_form,
        )
        for (name, two), (_, one) in zip(CLASSICAL_MU.named(), THEOREM_1.named(), strict=True)
    ]
    # d kappa / d lambda = 1 / (1 - u), as lambda = kappa (1 - df1 / n).
    e, speed = 1 - tr(Sigma * R) / n, 1 / (1 - df2 / n)
    rule = tr(Gamma * Sigma * R * R_mu) / (e * _other(e) * (1 - df2_mu / n))
    once = d_kappa(rule) * speed
    twice = _other(d_kappa(_other(once)) * speed).subs(SAME)
    X = Gaussian("X", n, d, SIGMA)
    Q = resolvent(X.T * X / n)
    pencil = SymbolicTrace(GAMMA * Q * Q * SIGMA * Q * Q, lam)
    checks += [
        exact(
            r"$\mathrm{d} \lambda / \mathrm{d} \kappa = 1 - u$",
            d_kappa(kappa * e),
            1 - df2 / n,
            ALGEBRA_MU.normal_form,
        ),
        identical(r"$\operatorname{tr}[\Gamma Q^2 \Sigma Q^2]$ is the mixed derivative", pencil, twice),
    ]
    return Step(
        r"**Derivatives of two fits.** $F$ is symmetric, so $\lambda\, \partial F / \partial \lambda$ at $\mu = \lambda$ is half of $\mathrm{d} R / "
        r"\mathrm{d} \log \lambda$, and that is $C - R$; a second power of a resolvent, as $P$ has on either side, is a derivative "
        r"in its own ridge. The pencil with four resolvents at one ridge knows nothing of derivatives.",
        (
            r"\operatorname{tr}[\Gamma Q^2 \Sigma Q^2] = \frac{\partial^2}{\partial \lambda\, \partial \mu} "
            r"\operatorname{tr}[\Gamma Q(\lambda) \Sigma Q(\mu)] \bigg|_{\mu = \lambda}",
        ),
        tuple(checks),
    )


def _other(formula):
    """The same with the two fits exchanged."""
    return formula.subs(OTHER, simultaneous=True)


def _by_log(formula):
    """lambda d/d lambda at Sigma = I, along the first fit."""
    return RIDGE / sp.diff(RIDGE, kappa) * sp.diff(formula, kappa)


def cross_and_pure(product: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """C and P of a part of F at Sigma = I."""
    cross = product + _by_log(product)
    return cross.subs(kappa_mu, kappa), (cross + _other(_by_log(_other(cross)))).subs(kappa_mu, kappa)


def _isotropic():
    points = []
    for aspect, shift in (("1/4", "1/7"), ("5/2", "8/5")):
        values = {phi: sp.Rational(aspect), kappa: sp.Rational(shift)}
        ridge = RIDGE.subs(values)
        points.append(Point(f"phi = {aspect}, lambda = {ridge}", values | {lam: ridge} | VALUES))
    checks = []
    for part, product in TWO_FITS_ISOTROPIC.named():
        for name, formula, powers in zip("CP", cross_and_pure(product), ((1, 2), (2, 2)), strict=True):
            claim = f"${name}$ for ${latex(part)}$ by the law of eigenvalues"
            checks.append(digits(claim, formula, _by_law(part, powers), points))
    return Step(
        r"**Isotropic features.** There the law of the eigenvalues knows $C$ and $P$ as it knows the flow, by integrals of what is left: "
        r"$u$ by the teacher, $1 - (1 - u)^2$ by the student.",
        (),
        tuple(checks),
    )


def _by_law(part, rounds):
    """Two models that leave 1 - (1 - u)^k after k rounds, as functions of the point."""

    def at(point):
        with mp.workdps(WORKING):
            aspect, ridge, *values = (precise(point.numbers[s]) for s in (phi, lam, noise, c2, p2, r2))
            sigma2, quality, fraction, signal = values

            def learnt(x):
                return (x / (x + ridge)) ** sum(rounds)

            def left(x):
                return mp.fprod(1 - (x / (x + ridge)) ** k for k in rounds)

            gain = aspect * marchenko_pastur(lambda x: learnt(x) / x, aspect)
            if part == "B":
                unseen = max(mp.mpf(0), 1 - 1 / aspect)
                return signal * (unseen + marchenko_pastur(left, aspect))
            if part == "V":
                return sigma2 * gain
            pull = fraction**2 * marchenko_pastur(learnt, aspect)
            return quality * (pull + fraction * (1 - fraction) * gain)

    return at


def _exception():
    product = sum(part for _, part in TWO_FITS_ISOTROPIC.named()).subs(p2, 0)
    own = product.subs(kappa_mu, kappa)
    cross, _ = cross_and_pure(product)
    slope = RIDGE / sp.diff(RIDGE, kappa) * (1 + kappa) / ((1 + kappa) ** 2 - phi) ** 2
    return Step(
        r"**The exception.** For isotropic features and real data alone, $C - R$ has the sign of $\lambda - \phi \sigma^2 / r^2$: a teacher "
        r"with the best ridge, $\lambda = \phi \sigma^2 / r^2$, cannot be improved, one with too little ridge has the best $\xi > 0$, and one with "
        r"too much $\xi < 0$. Below, $n / d = 2$, $p_2 = 20\%$, $c^2 = 0.5$, $\sigma^2 = 0.1$, $r^2 = 1$: teacher and best mix touch at the best ridge.",
        (
            r"C - R = \frac{(1 + \kappa)(r^2 \lambda - \phi \sigma^2)}{((1 + \kappa)^2 - \phi)^2} "
            r"\frac{\mathrm{d} \log \kappa}{\mathrm{d} \log \lambda}\, \kappa",
        ),
        (exact("$C - R$ for real data", cross - own, slope * (r2 * RIDGE - phi * noise)),),
        picture=_against_ridge,
    )


def _against_ridge(path: Path) -> None:
    """The errors of teacher, student of the best mix, and pure student against the ridge."""
    values = {r2: 1.0, c2: 0.5, p2: 0.2, noise: 0.1, phi: 0.5}
    product = sum(part for _, part in TWO_FITS_ISOTROPIC.named()).subs(values)
    formulas = [RIDGE.subs(values), product.subs(kappa_mu, kappa)]
    formulas += [formula.subs(values) for formula in cross_and_pure(product)]
    curves = sp.lambdify(kappa, formulas)
    ridge, own, cross, pure = curves(np.geomspace(2e-3, 3, 300))
    best = own - (own - cross) ** 2 / (own + pure - 2 * cross)
    with picture(path, r"ridge $\lambda$", "excess test error") as axes:
        names = ("teacher", "student of its teacher alone", "best mix")
        for curve, name, colour in zip((own, pure, best), names, COLOURS, strict=False):
            axes.plot(ridge, curve, color=colour, label=name)


SELF_DISTILLATION = Derivation(
    "self-distillation", "Self-distillation gains nothing at the best ridge", STATEMENT, steps
)
