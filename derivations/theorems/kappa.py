"""The effective ridge of the classical model."""

from collections.abc import Iterator

import sympy as sp

from derivations.engine.traces import tr
from derivations.steps import Derivation, Step
from derivations.verify import Point, digits


def steps() -> Iterator[Step]:
    kappa, Sigma = sp.symbols("kappa Sigma", positive=True)
    point = Point("n < d", {kappa: sp.Rational(1, 3)}, {Sigma: [1, 2, 3]})
    claim = digits("a toy", tr(Sigma / (Sigma + kappa)), 3 - kappa * tr(1 / (Sigma + kappa)), [point])
    yield Step("A first step with $\\kappa$.", (r"\mathrm{df}_1 = \operatorname{tr}[\Sigma(\Sigma+\kappa)^{-1}]",), (claim,))


KAPPA = Derivation("kappa", "The effective ridge", "For every $\\lambda \\geq 0$ there is one $\\kappa$.", steps)
