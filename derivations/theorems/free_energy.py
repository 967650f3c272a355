"""The whole theory in one line: the risk is a directional derivative of a free energy."""

from collections.abc import Iterator
from functools import partial

import sympy as sp

from derivations.engine.points import Point
from derivations.engine.precise import PreciseTrace
from derivations.engine.traces import Algebra, tr
from derivations.groundwork.formulas import THEOREM_1, THEOREM_2
from derivations.groundwork.free_energy_form import NU, FreeEnergy, Samples, slope, slope_at, t
from derivations.groundwork.setting import (
    ALGEBRA,
    DELTA,
    GAMMA,
    Delta,
    Gamma,
    R,
    S,
    Sigma,
    d,
    df1,
    kappa,
    lam,
    m,
    n,
    noise,
    p1,
    p2,
    projected,
    resolvent,
)
from derivations.steps import Derivation, Step
from derivations.theorems.free_energy_finite_size import brute_force, fluctuations, isotropic
from derivations.theorems.two_sources import (
    M1,
    M2,
    SETTINGS,
    SIGMA_1,
    M,
    Sigma_1,
    Sigma_2,
    alpha_1,
    alpha_2,
    e_1,
    e_2,
    noise_1,
    noise_2,
    solved_point,
    unified,
)
from derivations.verify import digits, exact

STATEMENT = r"""Add the test set to the data with a strength $t$, and the labels with a scale $\eta$. With
$A = \sum_k p_k e_k \Sigma_k$, $C_{jk} = E[w_j w_k^\top]$ and $u = \sum_k p_k e_k \Sigma_k w_k + t \Sigma_1 w_1$ let

$$\begin{aligned}
\Phi &= \log\det(A + t \Sigma_1 + \nu) + \sum_k n_k \left(\frac{e_k}{\alpha_k} - \log e_k\right)
+ (m - d) \log \nu + \frac{\lambda d}{\nu} + \eta\, q, \\
q &= \sum_k p_k e_k \left(\operatorname{tr}[\Sigma_k C_{kk}] + \sigma_k^2\right) + t \operatorname{tr}[\Sigma_1 C_{11}]
- E\left[u^\top (A + t \Sigma_1 + \nu)^{-1} u\right]
\end{aligned}$$

(classical model: $\nu = \lambda$, and no terms of it). Its stationary point in $e_k$ and $\nu$ is the fixed point of the unified
form, and the whole error, bias, variance and $\zeta$ at once, is

$$\text{risk} = \frac{\mathrm{d}}{\mathrm{d}t}\, q(x_\star(t), t) \quad\text{at } t = 0.$$

The Gaussian fluctuation about the stationary point is the next order: to $\Phi$ belongs $\frac12 \log |\det \operatorname{Hess} \Phi|$
(in $\log e_k$, $\log \nu$), and to the risk the finite-size term
$\frac{\mathrm{d}}{\mathrm{d}t} \frac{\mathrm{d}}{\mathrm{d}\eta}\, \frac12 \log |\det \operatorname{Hess} \Phi|$ at $t = \eta = 0$."""

STRENGTH = sp.Rational(1, 4)
PAIR = (
    Samples(e_1, Sigma_1, p1, noise_1, alpha_1),
    Samples(e_2, Sigma_2, p2, noise_2, alpha_2, share=sp.S.One),
)


def steps() -> Iterator[Step]:
    """The training loss, its limit, stationarity, the derivative; then the next order."""
    yield _envelope()
    yield _training_loss()
    yield _stationarity()
    yield _one_line()
    yield _two_covariances()
    yield from fluctuations()
    yield isotropic()
    yield brute_force()


def _envelope():
    """The derivative of a minimum along a weight is the term that the weight multiplies."""
    rows, labels = sp.Matrix([[1, 2], [0, 1], [2, -1]]), sp.Matrix([3, -1, 2])
    test, truth, ridge = sp.Matrix([[2, 1], [1, 3]]), sp.Matrix([1, -2]), sp.Rational(1, 2)
    inner = rows.T * rows + t * test + ridge * sp.eye(2)
    right = rows.T * labels + t * test * truth
    loss = (labels.T * labels + t * truth.T * test * truth - right.T * inner.inv() * right)[0]
    distance = (inner.inv() * right).subs(t, 0) - truth
    return Step(
        r"**Training on the test set.** Add $t\, |v - w_1|^2_{\Sigma_1}$ to what is minimised, "
        r"$\frac1n \sum_k \alpha_k |y_k - X_k v|^2 + \lambda |v|^2$, and let $L(t)$ be the minimum. At a minimum the "
        r"minimiser's own movement does not count (the envelope theorem), so $\mathrm{d}L/\mathrm{d}t$ at $t = 0$ is "
        r"$|\hat w - w_1|^2_{\Sigma_1}$, the excess test error, at every size and for every draw. Here with integers:",
        (
            r"L(t) = c - b^\top H^{-1} b, \quad H = M + t \Sigma_1 + \lambda, \quad b = \tfrac1n \sum_k \alpha_k X_k^\top y_k "
            r"+ t \Sigma_1 w_1, \quad c = \tfrac1n \sum_k \alpha_k |y_k|^2 + t |w_1|^2_{\Sigma_1}",
        ),
        (
            exact(
                "the slope of the loss is the error",
                sp.diff(loss, t).subs(t, 0),
                (distance.T * test * distance)[0],
            ),
        ),
    )


def _losses(wide: bool) -> dict[str, sp.MatrixExpr]:
    """The matrices whose traces are what E L(t) subtracts from c, by part; what is added is known."""
    tested = M + t * SIGMA_1
    G = projected(S, tested) if wide else resolvent(tested)
    return {
        "B": GAMMA * (tested - tested * G * tested),
        "V": (alpha_1 * noise_1 * M1 + alpha_2 * noise_2 * M2) * G / n,
        "zeta": DELTA * (M2 - M2 * G * M2),
    }


def _training_loss():
    checks = []
    for wide in (False, True):
        energy = FreeEnergy(PAIR, wide)
        q = energy.q
        nothing = {noise_1: 0, noise_2: 0}
        parts = {
            "B": q.subs(nothing).subs(Delta, 0),
            "V": alpha_1 * p1 * noise_1
            + alpha_2 * p2 * noise_2
            - (p1 * e_1 * noise_1 + p2 * e_2 * noise_2),
            "zeta": q.subs(nothing).subs(Gamma, 0),
        }
        points = [_tested_point(*setting, wide) for setting in SETTINGS[::2]]
        for name, matrix in _losses(wide).items():
            which = "projected" if wide else "without projections"
            part = {"B": "w_1", "V": r"\varepsilon", "zeta": r"\delta"}[name]
            claim = f"the loss on ${part}$, {which}"
            checks.append(digits(claim, PreciseTrace(matrix), parts[name], points))
    return Step(
        r"**Its limit.** Over $w_1$, $\delta$ and $\varepsilon$ the loss $L(t)$ is a sum of traces with *one* resolvent of the "
        r"data, so its limit takes no second-order rule. The engine's equations, two sources of different covariances and "
        r"weights, give $q$ at the stationary point: for the labels $w_1$, for the shift $\delta$ of source 2, and for the "
        r"noise, which keeps the share $e_k / \alpha_k$ of itself.",
        (r"E L(t) \simeq q(x_\star(t), t)",),
        tuple(checks),
    )


def _tested_point(label, samples, width, wide) -> Point:
    """A setting of two sources with the test set added; nu is lambda without projections."""
    point = solved_point(label, samples, width, wide, STRENGTH)
    return Point(label, {**point.numbers, t: STRENGTH}, point.spectra)


def _stationarity():
    checks = []
    for wide in (False, True):
        energy, which = FreeEnergy(PAIR, wide), "projected" if wide else "classical"
        reduced = Algebra((Sigma_1, Sigma_2), ((R, sp.expand(energy.shifted)),), d).normal_form
        pairs = zip(PAIR, (alpha_1, alpha_2), strict=True)
        for number, (source, weight) in enumerate(pairs, start=1):
            gradient = sp.diff(energy.phi, source.e) / (n * source.fraction)
            stated = 1 / weight + tr(source.covariance * R) / n - 1 / source.e
            checks.append(exact(f"the equation of $e_{number}$, {which}", gradient, stated, reduced))
    A = sp.expand(energy.shifted - NU)
    gradient, stated = sp.diff(energy.phi, NU) * NU**2, NU * (m - tr(A * R)) - lam * d
    checks.append(exact(r"the equation of $\nu$", gradient, stated, reduced))
    tested = M + t * SIGMA_1
    for wide, H in ((False, tested), (True, S.T * tested * S)):
        by_ridge = sp.diff(FreeEnergy(PAIR, wide).phi, lam)
        points = [_tested_point(*setting, wide) for setting in SETTINGS[::2]]
        which = "projected" if wide else "classical"
        claim = rf"$\partial \Phi / \partial \lambda$ is the trace of the resolvent, {which}"
        checks.append(digits(claim, PreciseTrace(resolvent(H)), by_ridge, points))
    return Step(
        r"**Stationarity.** The derivatives of $\Phi$ in $e_k$ and $\nu$ vanish where the unified form's equations hold. So "
        r"$\Phi$ moves with $\lambda$ only where $\lambda$ stands in it: $\partial\Phi/\partial\lambda$ is the limit of "
        r"$\operatorname{tr} H^{-1} = \partial \log\det H / \partial\lambda$ ($H = S^\top (M + t \Sigma_1) S + \lambda$ with "
        r"projections), and for $\lambda \to \infty$ both are the logarithm of $\lambda$ times the size of $H$, but for a "
        r"constant. Hence, up to a constant, $\Phi$ is the limit of $E \log\det H$, and to first order in $\eta$ that of the "
        r"determinant with the labels as one more column, $\log\det H + \eta L$.",
        (
            r"\frac1{p_k n} \frac{\partial\Phi}{\partial e_k} = \frac1{\alpha_k} + \frac1n \operatorname{tr}[\Sigma_k G] "
            r"- \frac1{e_k}, \qquad \nu^2 \frac{\partial\Phi}{\partial\nu} = \nu \left(m - \operatorname{tr}[A G]\right) - "
            r"\lambda d",
        ),
        tuple(checks),
    )


def one_source(wide: bool) -> FreeEnergy:
    """The one source that the paper's two are, by the mixture theorem."""
    e = sp.Symbol("e", positive=True)
    contradiction = p1 * p2 * tr(Sigma * Delta)
    return FreeEnergy((Samples(e, Sigma, sp.S.One, noise + contradiction, share=p2),), wide)


def in_kappa(formula: sp.Expr, wide: bool) -> sp.Expr:
    """A formula of `one_source` at the stationary point, in kappa."""
    (source,) = one_source(wide).sources
    ridge = m / d * source.e * kappa * (1 - df1 / m) if wide else source.e * kappa
    at = formula.subs(NU, source.e * kappa).subs(lam, ridge)
    return ALGEBRA.normal_form(at).subs(source.e, 1 - df1 / n)


def _one_line():
    checks = []
    for name, theorem, wide in (("Theorem 1", THEOREM_1, False), ("Theorem 2", THEOREM_2, True)):
        risk = in_kappa(slope(one_source(wide), {}), wide)
        total = theorem.bias + theorem.variance + theorem.zeta
        checks.append(exact(f"the derivative is {name}", risk, total, ALGEBRA.normal_form))
    return Step(
        r"**Theorems 1 and 2, each in one line.** By the mixture theorem the paper's two sources are one, of labels $w_1 + p_2 "
        r"\delta$ and noise $\sigma^2 + p_1 p_2 c^2$: one unknown $e$, and $\nu$ with projections. Differentiate, with the "
        r"stationary point moving by $-\operatorname{Hess}^{-1} \partial_x \partial_t \Phi$, and put $\nu = e\kappa$, $e = 1 "
        r"- \mathrm{df}_1/n$: the sum of all three parts is what two pencils of second order gave before.",
        (
            r"B + V + \zeta = \frac{\partial q}{\partial t} - \frac{\partial q}{\partial x} \left(\frac{\partial^2 \Phi}{\partial "
            r"x^2}\right)^{-1} \frac{\partial^2 \Phi}{\partial x\, \partial t}",
        ),
        tuple(checks),
    )


def _two_covariances():
    checks = []
    for wide in (False, True):
        energy, claimed = FreeEnergy(PAIR, wide), unified(wide)
        points = [solved_point(*setting, wide) for setting in SETTINGS]
        total = sp.Add(*claimed.values())
        which = "projected" if wide else "without projections"
        checks.append(
            digits(
                f"the derivative for two covariances, {which}", partial(slope_at, energy), total, points
            )
        )
    return Step(
        r"**Two covariances, weights and noises** at every order of $n$, $m$ and $d$: the derivative is the unified form's "
        r"error, which the pencils of second order proved.",
        checks=tuple(checks),
    )


FREE_ENERGY = Derivation("free-energy", "The theory in one line, and its next order", STATEMENT, steps)
