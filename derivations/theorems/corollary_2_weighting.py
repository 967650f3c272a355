"""Weighted real and synthetic data at Sigma = I: the fixed point, solved and iterated."""

import mpmath as mp
import sympy as sp

from derivations.engine.eliminate import solve_linear, substitute
from derivations.engine.points import WORKING, Point, precise
from derivations.groundwork.isotropic import c2, phi, r2
from derivations.groundwork.setting import d, lam, n, noise, p1, p2

a = sp.Symbol("a", positive=True)  # weight of the synthetic data
share_1, share_2, g = sp.symbols("r_1 r_2 g", positive=True)  # r_k = p_k e_k g, G = g I
E1, E2 = sp.symbols("E_1 E_2")
r = sp.Symbol("r", positive=True)  # share of the synthetic data without a ridge: r_2, and r_1 = 1 - r
T1, T2 = phi * share_1**2 / p1, phi * share_2**2 / p2

VALUES = {p2: sp.Rational(1, 4), noise: sp.Rational(1, 3), c2: sp.Rational(5, 4), r2: sp.Rational(3, 2)}


def excess_risk() -> sp.Expr:
    """The error at any ridge in r_1, r_2 and g: the 2 x 2 system of the test errors, solved."""
    shrunk = (lam * g) ** 2 * r2
    bias_1, bias_2 = shrunk + share_2**2 * c2, shrunk + (1 - share_2) ** 2 * c2
    equations = {E1: noise + bias_1 + T1 * E1 + T2 * E2, E2: noise + bias_2 + T1 * E1 + T2 * E2}
    solved = solve_linear(equations, {})
    return substitute(bias_1 + T1 * solved[E1] + T2 * solved[E2], {})


def ridgeless_risk() -> sp.Expr:
    """The error without a ridge, a function of the share r."""
    return sp.factor(substitute(excess_risk(), {lam: 0, share_1: 1 - r, share_2: r}))


def weight_of_share() -> sp.Expr:
    """The weight a that gives the synthetic data the share r, without a ridge."""
    e, alpha, fraction, share = sp.symbols("e alpha p s", positive=True)
    (value,) = sp.solve(sp.Eq(e, alpha / (1 + alpha * phi * g)), alpha)
    carried = sp.factor(fraction * value.subs(e, share / (fraction * g)))  # p_k alpha_k: 1 - a, and a
    real, synthetic = (carried.subs({fraction: p, share: s}) for p, s in ((p1, 1 - r), (p2, r)))
    (scale,) = sp.solve(sp.Eq(real + synthetic, 1), g)
    return sp.factor(synthetic.subs(g, scale))


def shares(weight, aspect, fraction, ridge=0) -> tuple[mp.mpf, mp.mpf, mp.mpf]:
    """r_1, r_2 and g by damped iteration of e_k = alpha_k / (1 + alpha_k phi g): slow and plain."""
    with mp.workdps(WORKING + 10):
        weight, aspect, fraction, ridge = (
            mp.mpf(sp.N(x, WORKING + 10)) for x in (weight, aspect, fraction, ridge)
        )
        portions = (1 - fraction, fraction)
        alphas = ((1 - weight) / portions[0], weight / portions[1])
        value = mp.mpf(1)
        for _ in range(20_000):
            e = [alpha / (1 + alpha * aspect * value) for alpha in alphas]
            new = 1 / (mp.fsum(p * x for p, x in zip(portions, e, strict=True)) + ridge)
            if abs(new - value) < mp.mpf(10) ** -(WORKING + 5) * new:
                return *(p * x * new for p, x in zip(portions, e, strict=True)), new
            value = (value + new) / 2
    raise ArithmeticError(f"weight = {weight}, phi = {aspect}: no fixed point")


def at(weight, aspect, ridge=0, fraction=VALUES[p2]) -> Point:
    """A point with the shares solved for."""
    real, synthetic, value = shares(weight, aspect, fraction, ridge)
    numbers = VALUES | {
        p2: fraction,
        a: weight,
        phi: aspect,
        lam: ridge,
        d: 6,
        n: 6 / sp.Rational(aspect),
    }
    numbers |= {share_1: real, share_2: synthetic, r: synthetic, g: value}
    return Point(f"a = {weight}, phi = {aspect}", numbers)


def plain_error(point: Point) -> mp.mpf:
    """The error by fixed-point iteration of its own equations, nothing eliminated."""
    with mp.workdps(WORKING):
        aspect, quality, spread = (precise(point.numbers[x]) for x in (phi, c2, noise))
        fraction = precise(point.numbers[p2])
        share = point.numbers[r]
        carried = (aspect * (1 - share) ** 2 / (1 - fraction), aspect * share**2 / fraction)
        errors = [mp.mpf(0), mp.mpf(0)]
        for _ in range(5000):
            heard = mp.fsum(t * e for t, e in zip(carried, errors, strict=True))
            new = [spread + share**2 * quality + heard, spread + (1 - share) ** 2 * quality + heard]
            if max(abs(x - y) for x, y in zip(new, errors, strict=True)) < mp.mpf(10) ** -45:
                break
            errors = new
        return share**2 * quality + heard
