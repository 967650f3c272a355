"""The paper's statements, literally, in the paper's symbols: NumPy and SciPy, one point at a time.

They are a second spelling that the general formulas of this package are held against, and what a
reader with the paper in hand looks for.  Two sources with one covariance, Sigma_1 = Sigma_2 = Sigma,
and unit weights unless said.  `Sigma`, `Gamma` and `Delta` are arrays of eigenvalues in one basis
(Delta is d times smaller than the paper's), n = n_1 + n_2, p1 = 1 - p2, `lam` > 0 is the ridge lambda
and sigma2 = p1 sigma_1^2 + p2 sigma_2^2.  All raise ValueError if SciPy finds no sign change to bracket.
"""

import numpy as np
from scipy.optimize import brentq

from collapse_theory.risk import Part, Risk


def theorem_1(Sigma, Gamma, Delta, *, n, p2, sigma2, lam) -> Risk:
    """Theorem 1 (classical linear model): error = B + V + zeta.

    With kappa >= lambda and u from

        kappa - lambda = kappa tr[Sigma (Sigma + kappa)^-1] / n,
        u = tr[Sigma^2 (Sigma + kappa)^-2] / n,

        B    = kappa^2 tr[Gamma Sigma (Sigma + kappa)^-2] / (1 - u),
        V    = sigma^2 u / (1 - u),
        zeta = { p2^2 (1 - p2 u) tr[Delta Sigma^3 (Sigma + kappa)^-2]
                 + p2 u tr[Delta Sigma (p1 Sigma + kappa)^2 (Sigma + kappa)^-2] } / (1 - u).
    """
    p1 = 1 - p2
    kappa = _root_in_log(
        lambda kappa: kappa - lam - kappa * np.sum(Sigma / (Sigma + kappa)) / n,
        lam,
        lam + np.sum(Sigma) / n,
    )
    R2 = (Sigma + kappa) ** -2
    u = np.sum(Sigma**2 * R2) / n
    B = kappa**2 * np.sum(Gamma * Sigma * R2) / (1 - u)
    V = sigma2 * u / (1 - u)
    zeta = (
        p2**2 * (1 - p2 * u) * np.sum(Delta * Sigma**3 * R2)
        + p2 * u * np.sum(Delta * Sigma * (p1 * Sigma + kappa) ** 2 * R2)
    ) / (1 - u)
    return Risk(B, V, zeta)


def theorem_2_constants(Sigma, *, n, m, lam) -> tuple[float, float, float, float]:
    """The constants (e, tau, u, omega) of Theorem 2 (random projections of width m).

    With psi = m/n, gamma = m/d, trbar = tr/d, K0 = e Sigma, K = gamma tau K0 + lambda, L' = (1+u) Sigma:

        e = 1 / (1 + psi tau trbar[Sigma K^-1]),     tau = 1 / (1 + trbar[K0 K^-1]),
        u = psi e^2 trbar[Sigma (gamma tau^2 L' + omega) K^-2],
        omega = tau^2 trbar[(gamma omega K0^2 + lambda^2 L') K^-2].
    """
    psi, gamma = m / n, m / len(Sigma)
    kappa = _kappa(Sigma, n, m, lam)
    df1 = np.sum(Sigma / (Sigma + kappa))
    e, tau = 1 - df1 / n, 1 - df1 / m
    # lambda = gamma kappa e tau gives the smaller factor without the cancellation of 1 - df1 / n.
    if e < tau:
        e = lam / (gamma * kappa * tau)
    else:
        tau = lam / (gamma * kappa * e)
    # u and omega solve a linear system: u = a11 (1+u) + a12 omega, omega = a21 (1+u) + a22 omega.
    K2 = (gamma * tau * e * Sigma + lam) ** -2
    a11 = psi * e**2 * gamma * tau**2 * np.mean(Sigma**2 * K2)
    a12 = psi * e**2 * np.mean(Sigma * K2)
    a21 = tau**2 * lam**2 * np.mean(Sigma * K2)
    a22 = tau**2 * gamma * np.mean((e * Sigma) ** 2 * K2)
    u, omega = np.linalg.solve([[1 - a11, -a12], [-a21, 1 - a22]], [a11, a21])
    return e, tau, u, omega


def theorem_2(Sigma, Gamma, Delta, *, n, m, p2, sigma2, lam) -> Risk:
    """Theorem 2 (random projections) in its constants e, tau, u, omega: error = B + V + zeta.

    With s = omega / (gamma tau^2 (1 + u)):

        B    = tr[Gamma (gamma omega K0^2 + lambda^2 L') K^-2],          V = sigma^2 u,
        zeta = (1 + p1 u) f1 + p2 u f2,
        f1   = p2^2 gamma^2 tau^2 e^2 tr[Delta Sigma^2 (Sigma + s) K^-2],
        f2   = tr[Delta Sigma (p1 gamma tau K0 + lambda)^2 K^-2]
               + p2^2 gamma^2 tau^2 e^2 s tr[Delta Sigma^2 K^-2].
    """
    e, tau, u, omega = theorem_2_constants(Sigma, n=n, m=m, lam=lam)
    p1, gamma = 1 - p2, m / len(Sigma)
    K0, L = e * Sigma, (1 + u) * Sigma
    K2 = (gamma * tau * K0 + lam) ** -2
    s = omega / (gamma * tau**2 * (1 + u))
    c = (p2 * gamma * tau * e) ** 2
    f1 = c * np.sum(Delta * Sigma**2 * (Sigma + s) * K2)
    f2 = np.sum(Delta * Sigma * (p1 * gamma * tau * K0 + lam) ** 2 * K2)
    f2 += c * s * np.sum(Delta * Sigma**2 * K2)
    B = np.sum(Gamma * (gamma * omega * K0**2 + lam**2 * L) * K2)
    return Risk(B, sigma2 * u, (1 + p1 * u) * f1 + p2 * u * f2)


def theorem_2_explicit(Sigma, Gamma, Delta, *, n, m, p2, sigma2, lam) -> Risk:
    """Theorem 2 (random projections) with its constants eliminated: error = B + V + zeta.

    With kappa from lambda = (m/d) kappa (1 - df1/n)(1 - df1/m), dfk = tr[(Sigma (Sigma + kappa)^-1)^k],

        rho  = kappa (df1 - df2) / (m - df2),       U = (df2 + (df1 - df2)^2 / (m - df2)) / n,

        B    = tr[Gamma Sigma (kappa^2 + rho Sigma)(Sigma + kappa)^-2] / (1 - U),
        V    = sigma^2 U / (1 - U),
        zeta = { p2^2 (1 - p2 U) tr[Delta Sigma^2 (Sigma + rho)(Sigma + kappa)^-2]
                 + p2 U tr[Delta Sigma ((p1 Sigma + kappa)^2 + p2^2 rho Sigma)(Sigma + kappa)^-2] }
               / (1 - U).

    m -> infinity gives rho = 0 and Theorem 1.
    """
    p1 = 1 - p2

    def df(kappa, k=1):
        return np.sum((Sigma / (Sigma + kappa)) ** k)

    kappa = _kappa(Sigma, n, m, lam)
    df1, df2 = df(kappa), df(kappa, 2)
    rho = kappa * (df1 - df2) / (m - df2)
    U = (df2 + (df1 - df2) ** 2 / (m - df2)) / n
    R2 = (Sigma + kappa) ** -2
    B = np.sum(Gamma * Sigma * (kappa**2 + rho * Sigma) * R2) / (1 - U)
    V = sigma2 * U / (1 - U)
    zeta = (
        p2**2 * (1 - p2 * U) * np.sum(Delta * Sigma**2 * (Sigma + rho) * R2)
        + p2 * U * np.sum(Delta * Sigma * ((p1 * Sigma + kappa) ** 2 + p2**2 * rho * Sigma) * R2)
    ) / (1 - U)
    return Risk(B, V, zeta)


def corollary_1(*, d, n, p2, sigma2, c2, r2=1.0) -> Risk:
    """Corollary 1 (Sigma = I, lambda -> 0), c2 = c^2 = tr Delta, r2 = tr Gamma, n_2 = p2 n, phi = d/n.

        phi < 1:  sigma^2 phi / (1 - phi) + (p2^2 + p1 p2 phi / (1 - phi)) c^2
        phi > 1:  r^2 (1 - n/d) + sigma^2 n / (d - n) + c^2 n_2 (d - n_2) / (d (d - n))

    The paper states phi < 1; beside the threshold there is a bias.  Raises ValueError for phi = 1, where
    the error is infinite.
    """
    phi = d / n
    if phi == 1:
        raise ValueError(f"d / n = {phi:g}: expected another ratio, as the error is infinite there")
    if phi > 1:
        n2 = p2 * n
        return Risk(r2 * (1 - n / d), sigma2 * n / (d - n), c2 * n2 * (d - n2) / (d * (d - n)))
    V = sigma2 * phi / (1 - phi)
    return Risk(0 * V, V, (p2**2 + (1 - p2) * p2 * phi / (1 - phi)) * c2)


def corollary_2(*, d, n, p2, a, sigma2, c2) -> Risk:
    """Corollary 2 (single-step mixing, Sigma = I, lambda -> 0) to first order in phi = d/n.

    Minimising (1 - a)/n_1 sum_real + a/n_2 sum_synthetic, 0 <= a <= 1, c2 = c^2 = tr Delta:

        a^2 c^2 + phi { sigma^2 ((1-a)^2/p1 + a^2/p2) + c^2 a^2 (1-a)^2 (1/p1 + 1/p2)
                        + 2 c^2 a^2 (1-a) ((1-a)/p1 - a/p2) } + O(phi^2)

    No fixed a > 0 removes the floor a^2 c^2.  Raises ValueError for p2 outside (0, 1).
    """
    p1 = _fraction_of_real(p2)
    V = d / n * sigma2 * ((1 - a) ** 2 / p1 + a**2 / p2)
    mixing = a**2 * (1 - a) ** 2 * (1 / p1 + 1 / p2)
    share = 2 * a**2 * (1 - a) * ((1 - a) / p1 - a / p2)
    return Risk(0 * V, V, c2 * (a**2 + d / n * (mixing + share)))


def corollary_2_best_weight(*, d, n, p2, sigma2, c2) -> Part:
    """The weight a of Corollary 2 with the smallest error, to first order in phi = d/n.

        phi sigma^2 / (p1 c^2) + O(phi^2)

    It saves the same fraction of the error of the real data alone.  Raises ValueError for p2 outside
    (0, 1).
    """
    return d / n * sigma2 / (_fraction_of_real(p2) * c2)


def corollary_3(*, d, n, rounds, sigma2, c2, p2=0.5) -> Risk:
    """Corollary 3 (iterative mixing, Sigma = I, lambda -> 0, phi = d/n < 1): errors after 1 .. `rounds`.

        E_t = V + z E_{t-1},  E_0 = c^2,  V = sigma^2 phi / (1 - phi),  z = p2^2 + p1 p2 phi / (1 - phi)

    Every round fits (1 - p2) n new real samples and p2 n new ones that the last model labelled; the
    paper has p2 = 1/2.  For z < 1, that is phi < 3/4 there, E_t tends to V / (1 - z), proportional to
    the clean error, within order log(n/d) rounds.  Parts have shape (rounds,).  Raises ValueError for
    phi >= 1, and unless there is a round.
    """
    phi = d / n
    if phi >= 1:
        raise ValueError(f"d / n = {phi:g}: expected a ratio < 1, the corollary's range")
    if rounds != int(rounds) or rounds < 1:
        raise ValueError(f"rounds = {rounds!r}: expected a whole number >= 1")
    V = sigma2 * phi / (1 - phi)
    powers = (p2**2 + (1 - p2) * p2 * phi / (1 - phi)) ** np.arange(rounds + 1)
    return Risk(np.zeros(rounds), V * np.cumsum(powers)[:-1], powers[1:] * c2)


def _fraction_of_real(p2) -> float:
    if not 0 < p2 < 1:
        raise ValueError(f"p2 = {p2:g}: expected a number in (0, 1), both sources having samples")
    return 1 - p2


def _kappa(Sigma, n, m, lam) -> float:
    """The kappa of lambda = (m/d) kappa (1 - df1/n)(1 - df1/m), largest where both factors are > 0."""

    def ridge(kappa):
        df1 = np.sum(Sigma / (Sigma + kappa))
        return m / len(Sigma) * kappa * max(1 - df1 / n, 0.0) * max(1 - df1 / m, 0.0)

    high = lam * len(Sigma) / m + np.sum(Sigma) * (1 / n + 1 / m)
    return _root_in_log(lambda kappa: ridge(kappa) - lam, 1e-30 * np.max(Sigma), high)


def _root_in_log(function, low: float, high: float) -> float:
    """The root in [low, high], to full relative precision whatever its size."""
    log_root = brentq(
        lambda log: function(np.exp(log)),
        np.log(low),
        np.log(high * (1 + 1e-9)),
        xtol=1e-14,
        rtol=1e-14,
    )
    return float(np.exp(log_root))
