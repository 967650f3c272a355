"""The error of two ridge fits of the same data: two covariances, one covariance, one ridge."""

from collections.abc import Iterator

import sympy as sp

from derivations.engine.points import Point
from derivations.engine.precise import PreciseTrace
from derivations.engine.symbolic import SymbolicTrace
from derivations.groundwork.formulas import THEOREM_1, THEOREM_2, ErrorParts
from derivations.groundwork.latex import latex
from derivations.groundwork.setting import (
    ALGEBRA,
    DELTA,
    GAMMA,
    M2,
    SIGMA,
    I,
    M,
    R,
    S,
    Sigma,
    d,
    kappa,
    lam,
    m,
    n,
    noise,
    point,
    projected,
    resolvent,
)
from derivations.groundwork.two_point_form import (
    ALGEBRA_MU,
    CLASSICAL_MU,
    PROJECTED_MU,
    SAME,
    Fit,
    R_mu,
    TwoPoint,
    kappa_mu,
    mu,
    together,
)
from derivations.steps import Derivation, Step
from derivations.theorems import two_sources as pair
from derivations.verify import digits, exact, identical

STATEMENT = r"""Two ridge fits $\hat w_\lambda$, $\hat w_\mu$ of the same data have the mean product of errors $F(\lambda, \mu) = E
(\hat w_\lambda - w_1)^\top \Sigma_1 (\hat w_\mu - w_1)$. With primes for what belongs to $\mu$, it is $E_1 - \sigma_1^2$ of the system

$$E_k = \sigma_k^2 + b_k + \sum_j T_{kj} E_j, \qquad
T_{kj} = \frac{p_j e_j e'_j}{n} \operatorname{tr}[\Sigma_k G_S \Sigma_j G'_S], \qquad
b_k = E (\bar w - w_k)^\top \Sigma_k (\bar w' - w_k).$$

For one covariance that is Theorem 1 or 2 with a product in place of every square: with $u_{12} = \operatorname{tr}[\Sigma^2 R R'] / n$
and no projections

$$\begin{aligned}
B &= \frac{\kappa \kappa' \operatorname{tr}[\Gamma \Sigma R R']}{1 - u_{12}}, \qquad V = \frac{\sigma^2 u_{12}}{1 - u_{12}}, \\
\zeta &= \frac{p_2^2 (1 - p_2 u_{12}) \operatorname{tr}[\Delta \Sigma^3 R R']
+ p_2 u_{12} \operatorname{tr}[\Delta \Sigma (p_1 \Sigma + \kappa) (p_1 \Sigma + \kappa') R R']}{1 - u_{12}}.
\end{aligned}$$"""

WHERE = {False: "without projections", True: "projected"}


def products(wide: bool, whole, synthetic, noisy, test) -> dict[str, sp.MatrixExpr]:
    """The matrices whose traces are the parts of E (w_hat - w_1)^T test (w_hat' - w_1).

    `whole`, `synthetic` and `noisy` are M, M_2 and the sum of M_k weighted as their noise is.
    """
    if not wide:
        Q, Q_mu = resolvent(whole), resolvent(whole, mu)
        return {
            "B": lam * mu * GAMMA * Q * test * Q_mu,
            "V": 1 / n * noisy * Q * test * Q_mu,
            "zeta": DELTA * synthetic * Q * test * Q_mu * synthetic,
        }
    G, G_mu = projected(S, whole), projected(S, whole, mu)
    return {
        "B": GAMMA * (whole * G - I) * test * (G_mu * whole - I),
        "V": 1 / n * noisy * G * test * G_mu,
        "zeta": DELTA * synthetic * G * test * G_mu * synthetic,
    }


def steps() -> Iterator[Step]:
    """The system whatever the covariances, weights, noises and width; then the closed forms."""
    yield _two_covariances()
    yield from _one_covariance()
    yield _one_ridge()


def _two_covariances():
    noisy = pair.alpha_1 * pair.noise_1 * pair.M1 + pair.alpha_2 * pair.noise_2 * pair.M2
    checks = []
    for wide in (False, True):
        claimed = dict(_system(wide).named())
        for name, matrix in products(wide, pair.M, pair.M2, noisy, pair.SIGMA_1).items():
            claim = f"${latex(name)}$ of two fits, {WHERE[wide]}"
            checks.append(identical(claim, SymbolicTrace(matrix, lam, mu), claimed[name]))
    return Step(
        r"**The error of two fits.** With the same data, $F(\lambda, \mu) = E (\hat w_\lambda - w_1)^\top \Sigma_1 "
        r"(\hat w_\mu - w_1)$, where $\hat w_\lambda - w_1 = -\lambda Q w_1 + Q M_2 \delta + \frac1n Q X^\top "
        r"\varepsilon$ ($Q = G_S$ and $G_S M - I$ in place of $-\lambda Q$ with projections). So its parts are the traces of the "
        r"errors of one fit, whose two resolvents now differ. They are what the system gives, here for two covariances, "
        r"weights and noises: at random integers, as on the page of two sources.",
        (
            r"E_k = \sigma_k^2 + b_k + \sum_j T_{kj} E_j, \qquad "
            r"T_{kj} = \frac{p_j e_j e'_j}{n} \operatorname{tr}[\Sigma_k G_S \Sigma_j G'_S], \qquad "
            r"b_k = E (\bar w - w_k)^\top \Sigma_k (\bar w' - w_k), \qquad F = E_1 - \sigma_1^2",
        ),
        tuple(checks),
    )


def _system(wide: bool) -> ErrorParts:
    """The parts of F in the unknowns of the pencils: e_k = alpha_k g_k, and nu = -d / (m g_S)."""
    fits = []
    for prime, ridge, symbol in (("", lam, R), ("'", mu, R_mu)):
        g = {name: sp.Symbol(f"g_{{{name}}}{prime}") for name in ("X_1", "X_2", "S")}
        nu = -d / (m * g["S"]) if wide else ridge
        # With projections the pencil's resolvent is nu times that of the unified form.
        weights = pair.alpha_1 * g["X_1"], pair.alpha_2 * g["X_2"]
        fits.append(Fit(weights, nu, symbol / nu if wide else symbol))
    noises = pair.noise_1, pair.noise_2
    return TwoPoint((fits[0], fits[1]), (pair.Sigma_1, pair.Sigma_2), wide, noises).error()


def _one_covariance():
    checks = []
    for wide, closed in ((False, CLASSICAL_MU), (True, PROJECTED_MU)):
        # (e Sigma + nu)^-1 is (Sigma + kappa)^-1 over e, which cancels.
        e, e_mu = sp.symbols("e e'", positive=True)
        fits = Fit((e, e), e * kappa, R / e), Fit((e_mu, e_mu), e_mu * kappa_mu, R_mu / e_mu)
        system = TwoPoint(fits, (Sigma, Sigma), wide).error()
        for (name, solved), (_, claimed) in zip(system.named(), closed.named(), strict=True):
            claim = f"${latex(name)}$ from the system, {WHERE[wide]}"
            checks.append(exact(claim, solved, claimed, ALGEBRA_MU.normal_form))
    yield Step(
        r"**One covariance.** The two sources are one, with the labels $w_1 + p_2 \delta$ and the noise $\sigma^2 + p_1 p_2 "
        r"c^2$, at both ridges: the mixture theorem holds as it stands, since $T_{kj} = p_j U_{12}$. Solving the $2 \times 2$ "
        r"system gives Theorems 1 and 2 with a product in place of each square.",
        (
            r"\rho = \frac{\kappa \kappa' \operatorname{tr}[\Sigma R R']}{m - \operatorname{tr}[\Sigma^2 R R']}, \qquad "
            r"U_{12} = \frac1n \operatorname{tr}[\Sigma (\Sigma + \rho) R R']",
            r"B = \frac{\operatorname{tr}[\Gamma \Sigma (\kappa \kappa' + \rho \Sigma) R R']}{1 - U_{12}}, \qquad "
            r"V = \frac{\sigma^2 U_{12}}{1 - U_{12}}",
            r"\zeta = \frac{p_2^2 (1 - p_2 U_{12}) \operatorname{tr}[\Delta \Sigma^2 (\Sigma + \rho) R R'] + p_2 U_{12} "
            r"\operatorname{tr}[\Delta \Sigma ((p_1 \Sigma + \kappa)(p_1 \Sigma + \kappa') + p_2^2 \rho \Sigma) R R']}"
            r"{1 - U_{12}}",
        ),
        tuple(checks),
    )
    claimed, checks = dict(CLASSICAL_MU.named()), []
    matrices = products(False, M, M2, noise * M, SIGMA)
    for name, matrix in matrices.items():
        trace = SymbolicTrace(matrix, lam, mu)
        claim = f"${latex(name)}$ by the pencil"
        checks.append(exact(claim, trace.value, claimed[name], trace.reduced))
    wide = products(True, M, M2, noise * M, SIGMA)["zeta"]
    for where, matrix, formula in (
        (False, matrices["zeta"], CLASSICAL_MU.zeta),
        (True, wide, PROJECTED_MU.zeta),
    ):
        claim = rf"$\zeta$ from the raw equations, {WHERE[where]}"
        checks.append(digits(claim, PreciseTrace(matrix), formula, error_points(where)))
    yield Step(
        r"**By the pencils**, without the system, in exact algebra and from the raw equations.",
        (),
        tuple(checks),
    )


def _one_ridge():
    return Step(
        r"**One ridge**, $\mu = \lambda$, makes them Theorems 1 and 2.",
        (),
        tuple(
            exact(f"${latex(name)}$ of {theorem}", two.subs(SAME), one, ALGEBRA.normal_form)
            for theorem, stated, closed in (
                ("Theorem 1", THEOREM_1, CLASSICAL_MU),
                ("Theorem 2", THEOREM_2, PROJECTED_MU),
            )
            for (name, two), (_, one) in zip(closed.named(), stated.named(), strict=True)
        ),
    )


def error_points(wide: bool) -> list[Point]:
    """Sizes on all sides of the thresholds, d = 6, each at two ridges."""
    sizes = ((4, 9), (5, 3), (15, 8)) if wide else ((3, None), (6, None), (20, None))
    ridges = sp.Rational(1, 100), sp.Rational(1, 4)
    return [together(*(point(samples, width, ridge) for ridge in ridges)) for samples, width in sizes]


TWO_FITS = Derivation("two-fits", "The error of two fits of the same data", STATEMENT, steps)
