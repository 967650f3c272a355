"""Sums over a power-law spectrum, lambda_j = j^-alpha with j = 1, 2, ...: asymptotics, and 50 digits."""

import mpmath as mp
import sympy as sp

from derivations.engine.points import WORKING, precise
from derivations.engine.traces import tr
from derivations.groundwork.setting import Delta, Gamma, R, Sigma, kappa

# Gamma_j lambda_j = j^-b, and Delta_j lambda_j is proportional to j^-beta.
alpha, b, power = sp.symbols("alpha b beta", positive=True)
t = sp.Symbol("t", positive=True)  # kappa / lambda_j = kappa j^alpha
_s = sp.Symbol("s")


def profile(trace: tr) -> tuple[sp.Expr, sp.Expr]:
    """(c, h) with trace = sum_j j^-c h(kappa j^alpha); Gamma Sigma is j^-b, Delta Sigma is j^-beta."""
    signal, shift = sp.symbols("signal shift")
    values = {Gamma: signal / Sigma, Delta: shift / Sigma, R: 1 / (Sigma + kappa)}
    inside = trace.args[0].subs(values).subs(Sigma, kappa / t)
    inside = sp.factor(sp.cancel(inside))
    decay = b if inside.has(signal) else power if inside.has(shift) else sp.S.Zero
    return decay, inside.subs({signal: 1, shift: 1})


def expansion(decay: sp.Expr, h: sp.Expr, terms: int) -> tuple[sp.Expr, sp.Expr]:
    """sum_j j^-c h(kappa j^alpha) as kappa -> 0: what the poles of its Mellin transform leave.

    The transform is H(s) zeta(alpha s + c), with H that of h.  The pole of zeta gives the first term
    returned, a power of kappa; those of H, where h = sum_k h_k t^k, the second: `terms` of h_k kappa^k.
    """
    singular = sp.S.Zero
    for order, coefficient in by_order(h).items():
        if order:
            transform, _, _ = sp.mellin_transform((1 + t) ** -order, t, _s)
            singular += coefficient * transform.subs(_s, (1 - decay) / alpha)
    singular = sp.factor(singular) / alpha * kappa ** ((decay - 1) / alpha)
    taylor = sp.series(h, t, 0, terms).removeO() if terms else sp.S.Zero
    regular = [taylor.coeff(t, k) * sp.zeta(decay - alpha * k) * kappa**k for k in range(terms)]
    return singular, sp.Add(*regular)


def slow_sum(decay, order: int, shift, exponent) -> mp.mpf:
    """sum_j j^-decay / (1 + kappa j^alpha)^order, for any rational numbers, in 50 digits.

    The first terms one by one; from kappa j^alpha = 16 on the binomial series, whose terms are Hurwitz
    zeta functions.
    """
    with mp.workdps(WORKING + 5):
        decay, shift, exponent = (precise(sp.Rational(x)) for x in (decay, shift, exponent))
        first = int((16 / shift) ** (1 / exponent)) + 1
        terms = [
            mp.mpf(j) ** -decay / (1 + shift * mp.mpf(j) ** exponent) ** order for j in range(1, first)
        ]
        for k in range(46):
            power_of_j = decay + exponent * (order + k)
            with mp.workdps(WORKING + int(power_of_j * mp.log10(first)) + 10):
                rest = mp.zeta(power_of_j, first)  # its digits are absolute
            terms.append(mp.binomial(-order, k) * shift ** (-order - k) * rest)
        return mp.fsum(terms)


def closed_sum(decay: int, order: int) -> sp.Expr:
    """The same at alpha = 2 and an even decay, as a function of kappa."""
    if order == 0:
        return sp.zeta(decay)
    if decay == 0:
        once = sp.pi / (2 * sp.sqrt(kappa)) * sp.coth(sp.pi / sp.sqrt(kappa)) - sp.S.Half
        # -d/dx 1 / (x + j^2)^k at x = 1 / kappa raises the order.
        return once if order == 1 else once + kappa * sp.diff(once, kappa)
    return closed_sum(decay, order - 1) - kappa * closed_sum(decay - 2, order)


def by_order(h: sp.Expr) -> dict[int, sp.Expr]:
    """h as a combination of (1 + t)^-k: k -> its coefficient."""
    x = sp.Symbol("x")  # 1 / (1 + t)
    inside = sp.Poly(sp.cancel(h.subs(t, 1 / x - 1)), x)
    return {degree: coefficient for (degree,), coefficient in inside.terms()}


def in_closed_form(formula: sp.Expr, decays: dict) -> sp.Expr:
    """A formula in traces as a function of kappa, at alpha = 2 and these even decays."""
    values = {}
    for trace in formula.atoms(tr):
        decay, h = profile(trace)
        decay = int(sp.sympify(decay).subs(decays))
        values[trace] = sum(c * closed_sum(decay, k) for k, c in by_order(h).items())
    return formula.xreplace(values)
