"""Pencils: the wanted entry of the inverse, and how few blocks and unknowns it takes."""

import numpy as np
import pytest
import sympy as sp

from derivations.engine.freeness import FixedPoint
from derivations.engine.matrices import Gaussian
from derivations.engine.pencil import realise
from derivations.engine.sample import entry, evaluate
from derivations.groundwork.setting import (
    d,
    lam,
    m,
    n,
    p2,
)
from tests.derivations.expressions import EXPRESSIONS

NUMBERS = {n: 10, p2: sp.Rational(2, 5), d: 5, m: 3, lam: sp.Rational(3, 10)}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_the_entry_of_the_inverse_is_the_expression(name):
    expression, rng = EXPRESSIONS[name], np.random.default_rng(1)
    matrices = {}
    for matrix in expression.atoms(sp.MatrixSymbol):
        drawn = rng.normal(size=[int(size.subs(NUMBERS)) for size in matrix.shape])
        matrices[matrix] = drawn if isinstance(matrix, Gaussian) else drawn + drawn.T
    wanted = evaluate(expression, matrices, NUMBERS)
    np.testing.assert_allclose(
        entry(realise(expression), matrices, NUMBERS), wanted, rtol=1e-9, atol=1e-9
    )


def test_pencils_are_small():
    sizes = {
        name: len(realise(EXPRESSIONS[name]).sizes) for name in ("resolvent", "zeta", "projected zeta")
    }
    assert sizes == {"resolvent": 3, "zeta": 9, "projected zeta": 13}


@pytest.mark.parametrize(
    ("name", "all_unknowns", "after_twins"), [("zeta", 12, 8), ("projected zeta", 18, 12)]
)
def test_alike_components_share_their_unknowns(name, all_unknowns, after_twins):
    fixed_point = FixedPoint(realise(EXPRESSIONS[name]))
    assert len(fixed_point.unknowns) == all_unknowns
    assert len({original for original, _ in fixed_point.representatives.values()}) == after_twins


def test_a_component_and_its_scaled_transpose_are_alike():
    # (M G - 1) Sigma (G M - 1): the first factor's component is the transpose of the second's.
    fixed_point = FixedPoint(realise(EXPRESSIONS["projected bias"]))
    first = [u for u in fixed_point.unknowns if fixed_point.layer(u)[0] == 0]
    assert len({fixed_point.representatives[u][0] for u in first}) == len(first) / 2
