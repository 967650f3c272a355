"""The linear model that flipped signs are, and the fit of it."""

import sympy as sp

from derivations.engine.traces import tr
from derivations.groundwork.formulas import THEOREM_1
from derivations.groundwork.setting import ALGEBRA, Gamma, R, Sigma, d, df2, kappa, n, noise, p2
from derivations.steps import Step
from derivations.verify import exact

g, epsilon = sp.Symbol("g", real=True), sp.Symbol("epsilon", positive=True)
SLOPE = sp.sqrt(2 / sp.pi) * (1 - 2 * epsilon)
NOISE = 1 - SLOPE**2


def linear_model() -> Step:
    """The best linear predictor of a sign, and what it leaves."""
    density = sp.exp(-(g**2) / 2) / sp.sqrt(2 * sp.pi)
    absolute = 2 * sp.integrate(g * density, (g, 0, sp.oo))
    flipped = (1 - epsilon) - epsilon  # the mean of the factor that a flip is
    slope = flipped * absolute
    return Step(
        r"**The linear model of signs.** Let $g = x \cdot w_1 / |w_1|_\Sigma$, a standard normal. What is left of $x$ when its regression on $g$, $\Sigma "
        r"w_1 g / |w_1|_\Sigma$, is taken off is independent of $g$, so of $y$. Hence $E[x y] = \Sigma w_1\, E[g y] / |w_1|_\Sigma$ with $E[g y] = (1 - 2 "
        r"\epsilon)\, E|g|$, and the best linear predictor of $y$ is $\tilde w = \Sigma^{-1} E[x y]$. It explains $E[g y]^2$ of $E y^2 = 1$.",
        (
            r"E|g| = \sqrt{\tfrac{2}{\pi}}, \qquad \tilde w = \sqrt{\tfrac{2}{\pi}}\, (1 - 2 \epsilon)\, \frac{w_1}{|w_1|_\Sigma}, \qquad "
            r"\sigma^2 = 1 - \tfrac{2}{\pi} (1 - 2 \epsilon)^2",
        ),
        (
            exact(r"$E[g y]$", slope, SLOPE, sp.simplify),
            exact(r"$\sigma^2$", 1 - slope**2, NOISE, sp.simplify),
            exact("labels at random are noise alone", NOISE.subs(epsilon, sp.Rational(1, 2)), 1),
        ),
    )


# Of one source of signs, whose w_1 has w_1 w_1^T = Gamma: the moments of the fit, from Theorem 1.
ONE_SOURCE = {p2: 0}
MEAN = tr(Gamma * Sigma**2 * R)  # E w_hat^T Sigma w~
SIZE = (THEOREM_1.bias + THEOREM_1.variance).subs(ONE_SOURCE) - tr(Gamma * Sigma) + 2 * MEAN


def error() -> Step:
    """The moments of the fit, from Theorem 1."""
    carried = df2 / n
    pulled = tr(Gamma * Sigma**3 * R**2)
    seen = (noise + kappa**2 * tr(Gamma * Sigma * R**2)) / (1 - carried)
    return Step(
        r"**The fit.** What $\tilde w$ does not explain, $y - x \cdot \tilde w$, is not independent of $x$; but it is independent of all of $x$ except $g$, one "
        r"direction of $d$. In the others it is noise of variance $\sigma^2$, and a mean over $n$ samples of $g$ times it vanishes like "
        r"$n^{-1/2}$. So Theorem 1 applies with $\tilde w$, of $\Gamma = \tilde w \tilde w^\top$ (only its diagonal counts where $\Sigma$ is), and $\sigma^2$: "
        r"$E \hat w \simeq \Sigma R\, \tilde w$, and $E |\hat w|_\Sigma^2$ follows from $B + V = E |\hat w - \tilde w|^2_\Sigma$. It is what the mean fit has, and "
        r"what the test error $E_1$ of the linear model, noise included, adds.",
        (
            r"\tilde q_{01} = \operatorname{tr}[\Gamma \Sigma^2 R], \qquad q_{11} = B + V - \operatorname{tr}[\Gamma \Sigma] + 2 \operatorname{tr}[\Gamma "
            r"\Sigma^2 R] = \operatorname{tr}[\Gamma \Sigma^3 R^2] + u E_1",
            r"E_1 = \frac{\sigma^2 + \kappa^2 \operatorname{tr}[\Gamma \Sigma R^2]}{1 - u}, \qquad u = \frac{\mathrm{df}_2}{n}",
            r"\text{error} = \frac1\pi \arccos \frac{\tilde q_{01}}{\sqrt{\operatorname{tr}[\Gamma \Sigma]\; q_{11}}} \qquad (\epsilon < \tfrac12)",
        ),
        (exact("$q_{11}$", SIZE, pulled + carried * seen, ALGEBRA.normal_form),),
    )


def isotropic() -> Step:
    """The error in closed form."""
    phi, c = sp.symbols("phi c", positive=True)

    def at_identity(formula):
        """Sigma = I and no ridge, d < n, for a label of strength c: tr[Gamma Sigma] = c^2."""
        formula = formula.subs({Sigma: 1, R: 1, kappa: 0, Gamma: c**2 / d, noise: 1 - c**2})
        formula = formula.replace(lambda node: isinstance(node, tr), lambda node: d * node.args[0])
        return sp.simplify(formula.subs(n, d / phi))

    mean, size = at_identity(MEAN), at_identity(SIZE)
    angle = mean**2 / (c**2 * size)  # cos^2
    tangent = (1 / c**2 - 1) * phi / (1 - phi)  # tan^2
    return Step(
        r"**Isotropic features without a ridge**, $\phi = d/n < 1$, where $R = I$ and $\kappa = 0$: with $c^2 = \frac{2}{\pi} (1 - 2 \epsilon)^2$ the "
        r"tangent of the angle between $w_1$ and $\hat w$ is the root of noise over signal. Flips are noise: the error falls like "
        r"$\sqrt{d/n}$, without a plateau, as long as fewer than half of the labels are wrong.",
        (r"\text{error} = \frac1\pi \arctan \sqrt{\frac{1 - c^2}{c^2}\, \frac{\phi}{1 - \phi}}",),
        (
            exact("the size of the fit", size, c**2 + (1 - c**2) * phi / (1 - phi)),
            exact("its angle", 1 / angle - 1, tangent),
        ),
    )
