"""Two stages of training: the classical formula, and one projection for both."""

import random
from collections.abc import Iterator

import sympy as sp

from derivations.engine.matrices import deterministic, eigenvalue
from derivations.engine.symbolic import SymbolicTrace
from derivations.engine.traces import tr
from derivations.groundwork.formulas import THEOREM_1
from derivations.groundwork.pencil_steps import check_pencil, equations_step
from derivations.groundwork.setting import (
    SIGMA,
    Gamma,
    I,
    M,
    R,
    S,
    Sigma,
    d,
    df2,
    kappa,
    lam,
    n,
    projected,
    resolvent,
)
from derivations.groundwork.two_stage_form import OneProjection
from derivations.steps import Check, Derivation, Step
from derivations.theorems.two_stage_parts import everything, mu
from derivations.theorems.two_stage_plateau import no_plateau
from derivations.verify import exact

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

A_1, A_2, B, C = deterministic("A_1 A_2 B C", d)
a_1, a_2, b, c = map(eigenvalue, (A_1, A_2, B, C))


def steps() -> Iterator[Step]:
    """The new test covariance, four resolvents of one projection, everything random, no plateau."""
    yield _new_test_covariance()
    yield from _four_resolvents()
    for wide in (False, True):
        yield everything(wide)
    yield no_plateau()


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


TWO_STAGE = Derivation("two-stage", "Two stages: fine-tuning on real data", STATEMENT, steps)
