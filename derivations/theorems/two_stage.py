"""Two stages of training: the classical formula, and one projection for both."""

import random
from collections.abc import Iterator
from pathlib import Path

import mpmath as mp
import numpy as np
import sympy as sp

from derivations.engine.matrices import deterministic, eigenvalue
from derivations.engine.points import WORKING, Point, evaluate, precise
from derivations.engine.precise import PreciseTrace
from derivations.engine.symbolic import SymbolicTrace
from derivations.engine.traces import tr
from derivations.groundwork.formulas import THEOREM_1
from derivations.groundwork.latex import latex
from derivations.groundwork.pencil_steps import check_pencil, equations_step
from derivations.groundwork.pictures import picture
from derivations.groundwork.setting import (
    DELTA,
    GAMMA,
    SHIFT,
    SIGMA,
    SIGNAL,
    SPECTRUM,
    X1,
    X2,
    Delta,
    Gamma,
    I,
    M,
    R,
    S,
    Sigma,
    d,
    df2,
    effective_ridge,
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
from derivations.groundwork.two_stage_form import OneProjection
from derivations.steps import Check, Derivation, Step
from derivations.verify import digits, exact, tends
from workbench.style import COLOURS

STATEMENT = r"""Train on the $n_2 = p_2 n$ synthetic samples first, then on the $n_1 = p_1 n$ real ones from there on:

$$v_1 = \operatorname{argmin}_v \tfrac{1}{n_2} |y_2 - Z_2 v|^2 + \mu |v|^2, \qquad
v_2 = \operatorname{argmin}_v \tfrac{1}{n_1} |y_1 - Z_1 v|^2 + \lambda |v - v_1|^2.$$

Without projections the second stage is a new test covariance for the first, with $\kappa$, $\mathrm{df}_2$ of stage 2:

$$E = E_{\text{stage 1}}\!\left[\Sigma_{\text{test}} = \frac{\kappa^2 \Sigma (\Sigma + \kappa)^{-2}}{1 - \mathrm{df}_2/n_1}\right]
+ \sigma^2 \frac{\mathrm{df}_2/n_1}{1 - \mathrm{df}_2/n_1}.$$

With one projection $S$ for both stages the same $S$ limits both. What it adds is a quadratic form of three numbers: for a test
covariance $B$, with $x$ the mean of $\hat w_1$ and $g$ that of $\hat w_2 - \hat w_1$,

$$E |\hat w_2 - w_1|_B^2 = |\text{mean}|_B^2 + b\, |g|^2 + 2 \beta\, g \cdot x + y\, |x|^2 + \text{noise}.$$

With $X_i = A_i G_i$, $h_i = I - X_i$, $s = \frac{m - \operatorname{tr} X_2}{m - \operatorname{tr}[X_2 X_1]}$ and
$u = h_2 (1 - s + s h_1)$:

$$\begin{aligned}
b &= \frac{\operatorname{tr}[h_2^2 B]}{m - \operatorname{tr} X_2^2}, \qquad
\beta = \frac{b \left(\operatorname{tr}[X_2 h_1] + s \operatorname{tr}[X_2^2 h_1]\right) + s \operatorname{tr}[h_1 h_2^2 B]}{m - \operatorname{tr}[X_2 X_1]}, \\
y &= \frac{\operatorname{tr}[u^2 B] + b \operatorname{tr} g^2 + 2 \beta \operatorname{tr}[g x]}{m - \operatorname{tr} X_1^2},
\qquad g = I - u - x, \quad x = X_1 .
\end{aligned}$$

Equal effective ridges are nothing special. There is no plateau: with $\lambda$ of order $1/n$ the error is of order $1/n$ for any
fixed $p_2 < 1$ (up to what a width $m < d$ leaves of clean data)."""

mu = sp.Symbol("mu", positive=True)
A_1, A_2, B, C = deterministic("A_1 A_2 B C", d)
a_1, a_2, b, c = map(eigenvalue, (A_1, A_2, B, C))
kappa_1, kappa_2, R_1, R_2 = sp.symbols("kappa_1 kappa_2 R_1 R_2", positive=True)
n_1, n_2 = p1 * n, p2 * n
real, synthetic = X1.T * X1 / n_1, X2.T * X2 / n_2


def expressions(wide: bool) -> dict[str, sp.MatrixExpr]:
    """The matrices whose traces are the parts of the error after both stages."""
    if wide:
        second, first = projected(S, real, lam), projected(S, synthetic, mu)
        left, unlearnt = I - second * real, I - first * synthetic
        right, before = I - real * second, I - synthetic * first
    else:
        second, first = resolvent(real, lam), resolvent(synthetic, mu)
        left = right = lam * second
        unlearnt = before = mu * first
    return {
        "B": GAMMA * before * right * SIGMA * left * unlearnt,
        "V_1": noise / n_1 * real * second * SIGMA * second,
        "V_2": noise / n_2 * synthetic * first * right * SIGMA * left * first,
        "zeta": DELTA * synthetic * first * right * SIGMA * left * first * synthetic,
    }


def formulas(wide: bool) -> dict[str, sp.Expr]:
    """The same parts in closed form, A_i = Sigma and nu_i = kappa_i up to a common factor e_i."""
    pair = OneProjection(Sigma, kappa_1, R_1, Sigma, kappa_2, R_2, wide)
    x = pair.x

    def alone(nu, inverse, C, response, learnt):
        """|response|^2_Sigma of one model alone, its fluctuation included."""
        plain = tr(C * Sigma * response**2)
        if not wide:
            return plain
        inflation = nu**2 * tr(Sigma * inverse**2) / (m - tr(Sigma**2 * inverse**2))
        return plain + inflation * tr(C * learnt**2)

    def coupling(nu, inverse, samples):
        return alone(nu, inverse, Sigma, inverse, inverse) / samples

    after, before = coupling(kappa_2, R_2, n_1), coupling(kappa_1, R_1, n_2)
    handed_on = pair.of_fit(Sigma, Sigma) / n_2 / (1 - before)
    unfitted = {  # of the labels of stage 1, by stage 1
        "B": alone(kappa_1, R_1, Gamma, kappa_1 * R_1, x),
        "zeta": alone(kappa_1, R_1, Delta, kappa_1 * R_1, x),
    }
    bias = pair.of_error(Gamma, Sigma) + handed_on * unfitted["B"]
    zeta = pair.of_fit(Delta * Sigma**2, Sigma) + handed_on * unfitted["zeta"]
    parts = {"B": bias, "V_1": noise * after, "V_2": noise * handed_on, "zeta": zeta}
    return {name: part / (1 - after) for name, part in parts.items()}


def steps() -> Iterator[Step]:
    """The new test covariance, four resolvents of one projection, everything random, no plateau."""
    yield _new_test_covariance()
    yield from _four_resolvents()
    for wide in (False, True):
        yield _everything(wide)
    yield _no_plateau()


def _new_test_covariance():
    Q = resolvent(M)
    trace = SymbolicTrace(lam**2 * C * Q * SIGMA * Q, lam)
    wanted = tr(c * kappa**2 * Sigma * R**2) / (1 - df2 / n)
    return Step(
        r"**What stage 2 does.** Its normal equations give $\hat w_2 - w_1 = \lambda (M_1 + \lambda)^{-1} (\hat w_1 - w_1) + "
        r"(M_1 + \lambda)^{-1} \frac{1}{n_1} X_1^\top \varepsilon$, and $\hat w_1$ knows nothing of $M_1$. So for any covariance "
        r"$C$ of $\hat w_1 - w_1$ the error is a trace of $C$ against one matrix, and the noise is that of plain ridge "
        r"regression. (Here $n$ stands for the samples of stage 2.)",
        (
            r"\lambda^2 (M + \lambda)^{-1} \Sigma (M + \lambda)^{-1} \simeq \frac{\kappa^2 \Sigma (\Sigma + \kappa)^{-2}}{1 - \mathrm{df}_2 / n}",
        ),
        (
            exact("the new test covariance", trace.value, wanted, trace.reduced),
            exact(
                "with $C$ = Gamma it is the bias of Theorem 1",
                wanted.subs(c, Gamma),
                THEOREM_1.bias,
                trace.algebra.normal_form,
            ),
        ),
    )


def _four_resolvents():
    second, first = projected(S, A_2, lam), projected(S, A_1, mu)
    middle = (I - A_2 * second) * B * (I - second * A_2)
    products = {
        r"$G'_S B G_S$": C * first * B * second,
        r"$G'_S H_S^\top B H_S G'_S$": C * first * middle * first,
        r"$H'_S{}^\top H_S^\top B H_S H'_S$": C * (I - A_1 * first) * middle * (I - first * A_1),
    }
    traces = [SymbolicTrace(product) for product in products.values()]
    (_, pair), (name, four), _ = products.items()
    yield equations_step(name, traces[1])
    rules = ("of_two", "of_fit", "of_error")
    checks = [
        check_pencil("the pencil of two resolvents", pair),
        check_pencil("the pencil of four resolvents", four),
    ]
    for name, trace, rule in zip(products, traces, rules, strict=True):
        checks.append(_identical(f"{name} for any $A_1$, $A_2$, $B$", trace, rule))
    yield Step(
        r"**Two and four resolvents of one projection.** Two models that share $S$ and nothing else, whose average is wanted, "
        r"meet in products of two. Given the data, stage 2 multiplies the error of stage 1 by $H_S = I - G_S A_2$, "
        r"where $G_S = S (S^\top A_2 S + \lambda)^{-1} S^\top$, and stage 1 leaves $H'_S = I - G'_S A_1$ of the signal or passes "
        r"noise on through $G'_S$. So the mean over $S$ of products of four resolvents is needed. The pencil has one component "
        r"for each of them, of the first order two different ones; all others follow from linear equations. Both sides are "
        r"rational in traces of $A_1$, $A_2$, $B$, $C$ and of both resolvents, which are independent as the matrices are.",
        (
            r"G'_S B G_S \simeq G_1 (B + r) G_2, \qquad r = \frac{\operatorname{tr}[h_1 B h_2]}{m - \operatorname{tr}[X_1 X_2]}",
            r"\operatorname{tr}[C\, G'_S H_S^\top B H_S G'_S] \simeq \operatorname{tr}[C G_1^2 (s^2 h_2^2 B + b (1 - s h_2)^2 - 2 \beta (1 - s h_2) + y)]",
            r"\operatorname{tr}[C\, H'_S{}^\top H_S^\top B H_S H'_S] \simeq \operatorname{tr}[C (u^2 B + b g^2 + 2 \beta g x + y x^2)]",
        ),
        tuple(checks),
    )


def _identical(claim: str, trace: SymbolicTrace, rule: str, points: int = 3) -> Check:
    """`verify.identical` for two ridges, both of which go in favour of the shifts of the resolvents."""
    chance = random.Random(claim)
    stages = {resolvent.polynomial.coeff(a_1): resolvent for resolvent in trace.resolvents}
    one, two = stages[sp.S.One], stages[sp.S.Zero]
    pair = OneProjection(a_1, one.name, one.symbol, a_2, two.name, two.symbol, named=True)
    formula = trace.algebra.normal_form(getattr(pair, rule)(c, b))
    constants = {x: trace.algebra.normal_form(f) for x, f in pair.definitions(b).items()}
    ridges = sp.solve(trace.first_order[1], [lam, mu], dict=True)[0]
    passed = True
    for _ in range(points):
        generators = (g for g in trace.independent if g not in ridges)
        values = {g: sp.Integer(chance.randint(1, 10**12)) for g in generators}
        values |= {ridge: f.xreplace(values) for ridge, f in ridges.items()}
        left = trace.raw_value.xreplace(trace.at(values))
        for constant, value in constants.items():
            values[constant] = value.xreplace(values)
        right = formula.xreplace(values)
        passed &= bool(left.is_Rational) and left == right
    return Check(claim, f"exact arithmetic at {points} random points", bool(passed))


def _everything(wide: bool):
    claimed, suffix = formulas(wide), ", one projection" if wide else ""
    checks = []
    for name, matrix in expressions(wide).items():
        if name == "V_1":  # that of plain ridge regression, Theorems 1 and 2
            continue
        points = [stage_point(*setting, wide) for setting in SETTINGS]
        claim = f"${latex(name)}$ after two stages{suffix}"
        checks.append(digits(claim, PreciseTrace(matrix), claimed[name], points))
    if wide:
        text = (
            r"**Everything random, with one projection**: pencils in $X_1$, $X_2$ and $S$ at once. Given $S$ each stage is ridge "
            r"regression on $m$ features, so the noise of stage 1, the error of its labels included, is handed on by the "
            r"product with $G'_S$, and that of stage 2 solves $E = \sigma^2 + b + T E$ as before. What $x$ says of $w_1$ beyond "
            r"$S^\top x$ is noise for both stages, and in $E$ already."
        )
    else:
        text = (
            r"**Everything random**: pencils in $X_1$ and $X_2$ at once, without taking one stage after the other, against stage 1 "
            r"tested on the new covariance."
        )
    return Step(text, (), tuple(checks))


# p_2, n, m and the ridges of stage 1 and 2; the last has one kappa for both stages.
SETTINGS = (
    ("n_1 below m", sp.Rational(3, 4), 12, 9, "0.02", "0.3"),
    ("stages nearly equal", sp.Rational(1, 2), 20, 5, "0.05", "0.051"),
)


def stage_point(label, fraction, samples, width, first, second, wide) -> Point:
    """A point at d = 6, both effective ridges solved for."""
    with mp.workdps(WORKING):
        ridges = [precise(sp.Rational(ridge)) for ridge in (first, second)]
        counts = [precise(fraction * samples), precise((1 - fraction) * samples)]
        size = precise(width) if wide else None
        shifts = [
            effective_ridge(count, size, ridge) for count, ridge in zip(counts, ridges, strict=True)
        ]
        inverses = [[1 / (precise(s) + shift) for s in SPECTRUM] for shift in shifts]
    numbers = {d: len(SPECTRUM), n: samples, m: width, p2: fraction, noise: sp.Rational(1, 3)}
    numbers |= {mu: ridges[0], lam: ridges[1], kappa_1: shifts[0], kappa_2: shifts[1]}
    spectra = {Sigma: SPECTRUM, Gamma: SIGNAL, Delta: SHIFT, R_1: inverses[0], R_2: inverses[1]}
    return Point(label, numbers, spectra)


HALF, RIDGE = sp.Rational(1, 2), sp.Rational(1, 10)


def error_at(size, part=None) -> mp.mpf:
    """The error without projections at n = size samples, half of them synthetic, lambda = 3/n."""
    point = stage_point("", HALF, sp.Integer(size), 1, RIDGE, sp.Rational(3, size), False)
    claimed = formulas(wide=False)
    return evaluate(sum(claimed.values()) if part is None else claimed[part], point)


def _no_plateau():
    sizes = (2**14, 2**18)
    leading = noise * d / n_1
    at = {noise: sp.Rational(1, 3), d: len(SPECTRUM), p2: HALF}

    def over_leading(size):
        return error_at(size) / evaluate(leading, Point("", at | {n: sp.Integer(size)}))

    return Step(
        r"**No plateau.** Stage 2 multiplies the error of stage 1, whatever that is, by $\kappa^2 (\Sigma + \kappa)^{-2}$ up to a "
        r"constant. With $\lambda$ of order $1/n$ (or 0) $\kappa$ is too, and this is of order $1/n^2$ for fixed $\Sigma$: "
        r"$\zeta$ vanishes, faster than the noise of the real data, $\sigma^2 d / n_1$, which is what is left. Mixed "
        r"data keep $p_2^2 c^2$ for ever.",
        (r"E \simeq \frac{\sigma^2 d}{p_1 n}, \qquad \zeta = O(n^{-2})",),
        (
            tends("the error at $p_2 = 1/2$ tends to 0", error_at, 0, sizes, -1),
            tends(
                r"its $\zeta$ tends to 0",
                lambda size: error_at(size, "zeta"),
                0,
                sizes,
                -2,
            ),
            tends(r"its ratio to $\sigma^2 d / n_1$ tends to 1", over_leading, 1, sizes, -1),
        ),
        picture=against_size,
    )


def against_size(path: Path) -> None:
    """Mixed data against two stages without a ridge, where any spectrum gives the same: d = 200."""
    size, sigma2, quality = 200, 0.1, 0.2
    samples = np.geomspace(1e3, 1e6, 60)
    mixed = sigma2 * size / (samples - size) + quality * (0.25 + 0.25 * size / (samples - size))
    plain = 2 * sigma2 * size / (samples - 2 * size)
    with picture(path, "samples n, half of them synthetic", "test error") as axes:
        axes.plot(samples, mixed, color=COLOURS[0], label="mixed")
        axes.plot(samples, plain, color=COLOURS[1], label="two stages, no ridge")
        axes.axhline(0.25 * quality, color="0.4", linestyle="--", label=r"$p_2^2 c^2$")
        axes.set_xscale("log")
        axes.set_yscale("log")


TWO_STAGE = Derivation("two-stage", "Two stages: fine-tuning on real data", STATEMENT, steps)
