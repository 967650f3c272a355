"""Classification by ridge regression on signs, whose labels are flipped, and verified."""

from collections.abc import Iterator

import sympy as sp

from derivations.steps import Derivation, Step
from derivations.theorems.classification_fit import error, isotropic, linear_model
from derivations.theorems.classification_literal import literal
from derivations.theorems.classification_verifier import breakdown, selection, verified
from derivations.theorems.nonlinear_moments import RELU, rho
from derivations.verify import exact

STATEMENT = r"""Let $y = \operatorname{sign}(x \cdot w_1)$ for $x \sim N(0, \Sigma)$, flipped with a probability $\epsilon$ whatever $x$ is; fit $\hat w$
by ridge regression on these signs, and classify by $\operatorname{sign}(x \cdot \hat w)$. The labels are those of a linear model,

$$\tilde w = \sqrt{\tfrac{2}{\pi}}\, (1 - 2 \epsilon)\, \frac{w_1}{|w_1|_\Sigma}, \qquad \sigma^2 = 1 - \tfrac{2}{\pi} (1 - 2 \epsilon)^2,$$

and the share of new inputs that are classified wrongly is

$$\frac1\pi \arccos \frac{q_{01}}{\sqrt{q_{00}\, q_{11}}}, \qquad q_{00} = w_1^\top \Sigma w_1, \quad q_{01} = w_1^\top \Sigma \hat w, \quad
q_{11} = \hat w^\top \Sigma \hat w .$$

A verifier that keeps right labels with probability $\varphi$ and wrong ones with $\psi$ makes flipped labels ones that are flipped with

$$\epsilon' = \frac{\epsilon \psi}{\epsilon \psi + (1 - \epsilon) \varphi}, \qquad \text{kept share} = \epsilon \psi + (1 - \epsilon) \varphi,$$

and endless data are learnt as long as $\epsilon < \epsilon_\star = \frac{1}{1 + \psi/\varphi}$ (arXiv 2406.07515). If labels are wrong where
*another model* is, the verifier selects inputs too, and what it keeps has another covariance.

Proved here: the linear model and its noise, the error of a given $\hat w$, the verifier and what it selects. That the fit has the limits
$q_{01}$ and $q_{11}$ of Theorem 1 with this noise is argued in step 3, and tried by literal signs in the last."""


def steps() -> Iterator[Step]:
    """Two signs; the linear model of signs; its error; verification; literal signs."""
    yield _two_signs()
    yield linear_model()
    yield error()
    yield isotropic()
    yield verified()
    yield breakdown()
    yield selection()
    yield literal()


def _two_signs():
    both = RELU.slopes  # the probability that both are positive, of the page of nonlinear features
    apart = 1 - 2 * both
    return Step(
        r"**Two signs.** Two standard normals of correlation $\rho$ are both positive with a probability $P(\rho)$ whose derivative is "
        r"their density at the origin, $\partial_\rho P = 1 / (2\pi \sqrt{1 - \rho^2})$ (Price's identity for two step functions), and which is a "
        r"quarter at $\rho = 0$. Both are negative as often. So their signs differ with probability $\arccos(\rho) / \pi$. For "
        r"$x \cdot w_1$ and $x \cdot \hat w$ the correlation is $q_{01} / \sqrt{q_{00}\, q_{11}}$: that is the error of a given $\hat w$, exactly.",
        (
            r"P(\text{signs differ}) = 1 - 2 \left(\frac14 + \frac{\arcsin \rho}{2\pi}\right) = \frac{\arccos \rho}{\pi}",
        ),
        (
            exact(
                "the derivative is the density at the origin",
                sp.diff(both, rho),
                1 / (2 * sp.pi * sp.sqrt(1 - rho**2)),
                sp.simplify,
            ),
            exact("a quarter without correlation", both.subs(rho, 0), sp.Rational(1, 4)),
            exact("the signs differ", apart, (sp.acos(rho) / sp.pi).rewrite(sp.asin), sp.expand),
        ),
    )


CLASSIFICATION = Derivation("classification", "Classification, and verified labels", STATEMENT, steps)
