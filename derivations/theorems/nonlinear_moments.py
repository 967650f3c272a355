"""The two numbers of a nonlinearity that its features' equivalent needs, and what two features share."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import mpmath as mp
import sympy as sp

from derivations.engine.points import WORKING, Point, precise
from derivations.steps import Step
from derivations.theorems.sgd import gaussian_mean
from derivations.verify import digits, exact

v = sp.Symbol("v", positive=True)
rho = sp.Symbol("rho", real=True)


@dataclass(frozen=True)
class Nonlinearity:
    """A function phi, and what is claimed of phi(sqrt(v) g) for a standard normal g."""

    name: str  # LaTeX
    function: Callable  # of a number, by mpmath
    slope: sp.Expr  # a
    mean: sp.Expr
    covariance: sp.Expr  # of phi(sqrt(v) g) and phi(sqrt(v) g'), g and g' of correlation rho
    slopes: sp.Expr  # E phi'(sqrt(v) g) phi'(sqrt(v) g')

    @property
    def feature_noise(self) -> sp.Expr:
        """b^2."""
        return sp.simplify(self.covariance.subs(rho, 1) - self.slope**2 * v)


def _cubic_slopes() -> sp.Expr:
    """E 3 x^2 3 y^2 by Gaussian moments."""
    g, h, perpendicular = sp.symbols("g h c")
    mean = gaussian_mean(9 * v**2 * g**2 * (rho * g + perpendicular * h) ** 2, (g, h))
    return sp.expand(mean.subs(perpendicular**2, 1 - rho**2))


def _erf_slopes() -> sp.Expr:
    """(4 / pi) E exp(-x^2 - y^2), a Gaussian integral."""
    covariance = v * sp.Matrix([[1, rho], [rho, 1]])
    return 4 / (sp.pi * sp.sqrt((sp.eye(2) + 2 * covariance).det()))


RELU = Nonlinearity(
    r"\max(0, x)",
    lambda x: max(mp.mpf(0), x),
    sp.Rational(1, 2),
    sp.sqrt(v / (2 * sp.pi)),
    v * (sp.sqrt(1 - rho**2) + rho * (sp.pi - sp.acos(rho)) - 1) / (2 * sp.pi),
    sp.Rational(1, 4) + sp.asin(rho) / (2 * sp.pi),
)
ERF = Nonlinearity(
    r"\operatorname{erf}(x)",
    mp.erf,
    2 / sp.sqrt(sp.pi * (1 + 2 * v)),
    sp.S.Zero,
    2 / sp.pi * sp.asin(2 * v * rho / (1 + 2 * v)),
    _erf_slopes(),
)
CUBIC = Nonlinearity(
    "x^3",
    lambda x: x**3,
    3 * v,
    sp.S.Zero,
    v**3 * (9 * rho + 6 * rho**3),
    _cubic_slopes(),
)
NONLINEARITIES = RELU, ERF, CUBIC


def two_numbers() -> Step:
    """a and b^2 in closed form, against quadrature."""
    points = [Point(f"v = {value}", {v: value}) for value in (sp.Rational(1, 3), sp.Integer(2))]
    checks = []
    for phi in NONLINEARITIES:
        checks += [
            digits(
                rf"{name} of ${phi.name}$",
                lambda p, phi=phi, which=which: _quadrature(phi, p.numbers[v])[which],
                formula,
                points,
            )
            for which, (name, formula) in enumerate((("$a$", phi.slope), ("$b^2$", phi.feature_noise)))
        ]
    return Step(
        r"**Two numbers of the nonlinearity.** Let $g$ be a standard normal and $v > 0$. Regress $\varphi(\sqrt v g)$ on $\sqrt v "
        r"g$: the slope is $a$, and what is left has mean zero, is uncorrelated with $g$, and has a variance $b^2$. By Stein's "
        r"identity $E[\varphi(\sqrt v g)\, g] = \sqrt v\, E \varphi'(\sqrt v g)$, so $a$ is also the mean derivative. In closed "
        r"form, and by quadrature:",
        (
            r"a = \frac{E[\varphi(\sqrt v g)\, g]}{\sqrt v} = E \varphi'(\sqrt v g), \qquad "
            r"b^2 = \operatorname{Var} \varphi(\sqrt v g) - a^2 v",
            r"\begin{aligned} "
            + r" \\ ".join(
                rf"\varphi &= {phi.name}: & a &= {sp.latex(phi.slope)}, & b^2 &= {sp.latex(phi.feature_noise)}"
                for phi in NONLINEARITIES
            )
            + r" \end{aligned}",
        ),
        tuple(checks),
    )


@cache
def _quadrature(phi, variance) -> tuple[mp.mpf, mp.mpf]:
    """a and b^2 by integrals over g."""
    with mp.workdps(WORKING):
        scale = mp.sqrt(precise(variance))

        def mean(function):
            return mp.quad(lambda g: function(g) * mp.npdf(g), [-16, 0, 16])

        average = mean(lambda g: phi.function(scale * g))
        slope = mean(lambda g: phi.function(scale * g) * g) / scale
        return slope, mean(lambda g: (phi.function(scale * g) - average) ** 2) - (slope * scale) ** 2


def two_features() -> Step:
    """The covariance of two features in their correlation: its slope at 0, its value at 1."""
    orthant = RELU.slopes
    checks = [
        exact(
            "the slope of the orthant probability is the density at the origin",
            sp.diff(orthant, rho),
            1 / (2 * sp.pi * sp.sqrt(1 - rho**2)),
            sp.simplify,
        ),
        exact(r"a quarter at $\rho = 0$", orthant.subs(rho, 0), sp.Rational(1, 4)),
    ]
    for phi in NONLINEARITIES:
        of = f"of ${phi.name}$"
        derivative = sp.diff(phi.covariance, rho)
        # arccos rho = pi/2 - arcsin rho
        difference = (derivative - v * phi.slopes).rewrite(sp.asin)
        checks += [
            exact(f"Price's identity {of}", difference, 0, sp.simplify),
            exact(rf"no covariance at $\rho = 0$ {of}", phi.covariance.subs(rho, 0), 0),
            exact(
                rf"the slope at $\rho = 0$ {of}", derivative.subs(rho, 0), phi.slope**2 * v, sp.simplify
            ),
        ]
    return Step(
        r"**What two features share.** For $x \sim N(0, \Sigma)$ the inputs $s_i \cdot x$ of the features are Gaussian, of "
        r"variances $v_i = s_i^\top \Sigma s_i$, which concentrate at $v = \operatorname{tr} \Sigma / d$, and of correlations "
        r"$\rho_{ij} = s_i^\top \Sigma s_j / \sqrt{v_i v_j}$, which are small: of mean square $\operatorname{tr} \Sigma^2 / "
        r"(\operatorname{tr} \Sigma)^2$. Let $K(\rho)$ be the covariance of $\varphi(\sqrt v g)$ and $\varphi(\sqrt v g')$. In "
        r"Hermite polynomials it is $\sum_{j \geq 1} c_j^2 \rho^j$ (Mehler), with $c_1^2 = a^2 v$ and $\sum_{j \geq 2} c_j^2 = "
        r"b^2$. Price's identity, $K'(\rho) = v\, E \varphi'(\sqrt v g) \varphi'(\sqrt v g')$, gives it in closed form for the three "
        r"functions: for the first the mean is the probability that both are positive, a quarter plus $\arcsin \rho / 2\pi$; for "
        r"the second a Gaussian integral; for the third a fourth moment. So two *different* features have the covariance $a^2 "
        r"s_i^\top \Sigma s_j$ up to terms of order $\rho^2$ (which together are of rank one in the limit: El Karoui, Ann. Statist. 38, 2010), a feature has the variance $K(1) = a^2 v + b^2$, and a feature and "
        r"the input have the covariance $a\, \Sigma s_i$ exactly. These are the second moments of $a S^\top x + b\, \xi$, with "
        r"$\xi \sim N(0, I_m)$ for each sample.",
        (
            r"K(0) = 0, \qquad K'(0) = a^2 v, \qquad K(1) = a^2 v + b^2",
            r"\begin{aligned} "
            + r" \\ ".join(
                rf"\varphi &= {phi.name}: & K(\rho) &= {sp.latex(phi.covariance)}"
                for phi in NONLINEARITIES
            )
            + r" \end{aligned}",
        ),
        tuple(checks),
    )
