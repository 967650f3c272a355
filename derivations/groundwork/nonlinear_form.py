"""Nonlinear random features in their deterministic equivalent, as formulas to be proved.

Features z = a_k S^T x + b_k xi of two sources, with feature noise xi ~ N(0, I_m) for each sample.
Unknowns e_1, e_2 and nu, with A = sum_k p_k e_k a_k^2 Sigma_k and R = (A + nu)^-1:

    e_k = alpha_k / (1 + (alpha_k / n) (a_k^2 tr[Sigma_k R] + b_k^2 d / nu))
    nu  = (lambda + sum_k p_k e_k b_k^2) d / m + (nu / m) tr[A R]

A pair (C, c) stands for the quadratic form S^T C S + c I of fitted weights.  Matrices commute here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import mpmath as mp
import sympy as sp

from derivations.engine.matrices import deterministic, eigenvalue
from derivations.engine.points import WORKING, Point, each_eigenvalue, evaluate
from derivations.engine.traces import tr
from derivations.groundwork.setting import (
    FIFTH,
    SHIFT,
    SIGNAL,
    SPECTRUM,
    Delta,
    Gamma,
    R,
    d,
    lam,
    m,
    n,
    p1,
    p2,
)

SIGMA_1, SIGMA_2, SIGMA_T, WEIGHTS = deterministic("Sigma_1 Sigma_2 Sigma_t C", d)
Sigma_1, Sigma_2, Sigma_t, C = map(eigenvalue, (SIGMA_1, SIGMA_2, SIGMA_T, WEIGHTS))
alpha_1, alpha_2 = sp.symbols("alpha_1 alpha_2", positive=True)
noise_1, noise_2 = sp.symbols("sigma_1^2 sigma_2^2", positive=True)
e_1, e_2, nu = sp.symbols("e_1 e_2 nu", positive=True)
a_1, a_2, a_t, b_1, b_2, b_t = sp.symbols("a_1 a_2 a_t b_1 b_2 b_t", positive=True)

Form = tuple[sp.Expr, sp.Expr]
TEST = "t"  # the label of the test population among the sources 0 and 1


@dataclass(frozen=True)
class Population:
    """Inputs of one covariance, and the moments of their features."""

    covariance: sp.Expr
    slope: sp.Expr = sp.S.One  # a_k
    feature_noise: sp.Expr = sp.S.Zero  # b_k

    @property
    def form(self) -> Form:
        """The second moment of its features, as a pair."""
        return self.slope**2 * self.covariance, self.feature_noise**2


FIRST, SECOND = Population(Sigma_1, a_1, b_1), Population(Sigma_2, a_2, b_2)
TESTED = Population(Sigma_t, a_t, b_t)


@dataclass(frozen=True)
class Equivalent:
    """Ridge regression on the features of two sources, in e_1, e_2, nu and the resolvent."""

    e: tuple[sp.Expr, sp.Expr] = (e_1, e_2)
    nu: sp.Expr = nu
    resolvent: sp.Expr = R
    sources: tuple[Population, Population] = (FIRST, SECOND)
    weights: tuple[sp.Expr, sp.Expr] = (alpha_1, alpha_2)

    def shares(self) -> list[sp.Expr]:
        """p_k e_k."""
        return [p * e for p, e in zip((p1, p2), self.e, strict=True)]

    def whole(self) -> Form:
        """(A, beta): the second moments of all features, weighted."""
        forms = [source.form for source in self.sources]
        A, beta = (sum(s * f[i] for s, f in zip(self.shares(), forms, strict=True)) for i in (0, 1))
        return A, beta

    def equations(self) -> list[sp.Expr]:
        """The right sides of the fixed-point equations of e_1, e_2 and nu."""
        (A, beta), sides = self.whole(), []
        for weight, source in zip(self.weights, self.sources, strict=True):
            sides.append(weight / (1 + weight / n * self.mean(source.form)))
        return [*sides, (lam + beta) * d / m + self.nu / m * tr(A * self.resolvent)]

    def mean(self, form: Form) -> sp.Expr:
        """The first-order rule, tr[(S^T C S + c) H^-1] ~ tr[C R] + c d / nu."""
        return _tr(form[0] * self.resolvent) + form[1] * d / self.nu

    def product(self, left: Form, right: Form) -> sp.Expr:
        """The second-order rule for tr[(S^T C S + c) H^-1 (S^T B S + b) H^-1], A deterministic."""
        A, _ = self.whole()
        square = self.resolvent**2
        nd = d / (m - tr(A * self.resolvent) + self.nu * tr(A * square))  # d / (m - tr[(A R)^2])
        first, second = ((_tr(matrix * square), scalar) for matrix, scalar in (left, right))
        value = _tr(left[0] * right[0] * square) + self.nu**2 * nd / d * first[0] * second[0]
        return value + nd * (
            first[1] * second[0] + second[1] * first[0] + left[1] * right[1] * d / self.nu**2
        )

    def excess(self, test: Population, moments: Mapping, noises: tuple[sp.Expr, sp.Expr]) -> sp.Expr:
        """Excess risk on a test population; linear in C_ij = E[w_i w_j^T] and in the noises.

        `moments` has C_ij = C_ji once, under (i, j), for i, j the sources 0 and 1 and `TEST`.
        """
        misfits = [self._misfit(source, k, moments) for k, source in enumerate(self.sources)]
        forcing = [s + b for s, b in zip(noises, misfits, strict=True)]
        T = [[self._coupling(source, j) for j in (0, 1)] for source in self.sources]
        determinant = (1 - T[0][0]) * (1 - T[1][1]) - T[0][1] * T[1][0]
        errors = [
            ((1 - T[1 - k][1 - k]) * forcing[k] + T[k][1 - k] * forcing[1 - k]) / determinant
            for k in (0, 1)
        ]
        carried = sum(self._coupling(test, j) * errors[j] for j in (0, 1))
        return self._misfit(test, TEST, moments) + carried

    def _coupling(self, population, j):
        """T of a population's features and those of source j."""
        share = (p1, p2)[j] * self.e[j] ** 2 / n
        return share * self.product(population.form, self.sources[j].form)

    def _misfit(self, population, label, moments):
        """E (v.z - x.w)^2 of the mean fit v, w the labelling vector of that label."""

        def moment(i, j):
            return moments.get((i, j), moments.get((j, i), sp.S.Zero))

        pulls = [s * f.slope * f.covariance for s, f in zip(self.shares(), self.sources, strict=True)]
        cross = sum(pull * moment(j, label) for j, pull in enumerate(pulls))
        square = sum(pulls[i] * pulls[j] * moment(i, j) for i in (0, 1) for j in (0, 1))
        value = _tr(population.covariance * moment(label, label))
        value -= 2 * population.slope * _tr(population.covariance * self.resolvent * cross)
        return value + self.product(population.form, (square, sp.S.Zero))


def _tr(inside) -> sp.Expr:
    """The trace, which of nothing is 0."""
    return tr(inside) if inside != 0 else sp.S.Zero


# The paper's labels: w_2 = w_1 + delta, tested on w_1.
MOMENTS: dict[str, Mapping] = {
    "B": {(i, j): Gamma for i, j in ((0, 0), (0, 1), (1, 1), (0, TEST), (1, TEST), (TEST, TEST))},
    "zeta": {(1, 1): Delta},
}


def error(equivalent: Equivalent, test: Population = FIRST) -> dict[str, sp.Expr]:
    """B, V and zeta for w_2 = w_1 + delta, tested on w_1."""
    parts = {
        name: equivalent.excess(test, moments, (sp.S.Zero, sp.S.Zero))
        for name, moments in MOMENTS.items()
    }
    return parts | {"V": equivalent.excess(test, {}, (noise_1, noise_2))}


SETTING = {
    lam: sp.Rational(1, 20),
    p2: FIFTH,
    alpha_1: sp.Rational(4, 5),
    alpha_2: sp.Rational(3, 2),
    noise_1: sp.Rational(1, 3),
    noise_2: sp.Rational(1, 2),
    a_1: sp.Rational(1, 2),
    a_2: sp.Rational(2, 3),
    a_t: sp.Rational(3, 5),
    b_1: sp.Rational(1, 3),
    b_2: sp.Rational(1, 4),
    b_t: sp.Rational(2, 5),
}
SPECTRA = {
    Sigma_1: SPECTRUM,
    Sigma_2: SPECTRUM[::-1],
    Sigma_t: SIGNAL,
    C: SHIFT[::-1],
    Gamma: SIGNAL,
    Delta: SHIFT,
}


def solved_point(
    label: str, samples: int, width: int, numbers: Mapping = SETTING, spectra: Mapping = SPECTRA
) -> Point:
    """A point with e_1, e_2 and nu solved from their equations, in 50 digits."""
    numbers = {**numbers, d: len(spectra[Sigma_1]), n: samples, m: width}
    equivalent = Equivalent()
    A, _ = equivalent.whole()
    sides = [side.subs(R, 1 / (A + nu)) for side in equivalent.equations()]

    def updated(*values):
        at = Point(label, numbers | dict(zip((e_1, e_2, nu), values, strict=True)), spectra)
        return [evaluate(side, at) for side in sides]

    with mp.workdps(WORKING):
        guess = [mp.mpf(1)] * 3
        for _ in range(60):  # the map is monotone: iteration from above finds the physical branch
            guess = updated(*guess)
        roots = mp.findroot(lambda *x: [f - y for f, y in zip(updated(*x), x, strict=True)], guess)
    numbers |= dict(zip((e_1, e_2, nu), roots, strict=True))
    inverse = each_eigenvalue(1 / (A + nu), Point(label, numbers, spectra))
    return Point(label, numbers, {**spectra, R: inverse})
