"""Numbers from a pencil: its fixed-point equations solved for given sizes, parameters and spectra."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import sympy as sp

from derivations.engine.freeness import FixedPoint
from derivations.engine.pencil import realise
from derivations.engine.system import System

jax.config.update("jax_enable_x64", True)

TOLERANCE = 1e-9  # relative residual of the undamped equations that counts as solved


class Solution(NamedTuple):
    """lim tr[expression], and whether the equations it came from were solved."""

    value: jax.Array
    unknowns: jax.Array  # of the fixed-point equations, in the order of `NumericTrace.unknowns`
    residual: jax.Array  # largest relative residual of the undamped equations
    converged: jax.Array  # residual <= TOLERANCE; `value` is NaN where it is False


class NumericTrace:
    """lim E tr[expression], a function of numbers and deterministic matrices.

    Call it with `numbers` {symbol: value} for every size and scalar, and `matrices` {symbol: array},
    all of them 1-d (eigenvalues in a common basis, O(d) work) or all 2-d (any, O(d^3) work).  It goes
    through `jax.jit` and `jax.vmap`; work is bounded, and a value not solved for is NaN.

    Names it does not need are ignored.  Raises ValueError for a missing one and for shapes that
    disagree.
    """

    def __init__(self, expression):
        pencil = realise(expression)
        self.fixed_point = FixedPoint(pencil)
        if (pencil.left, pencil.right) not in self.fixed_point.reachable:
            raise ValueError(f"expression = {expression}: expected a square matrix, which has a trace")
        self.unknowns = [
            u for u, (original, _) in self.fixed_point.representatives.items() if u == original
        ]
        coefficients = [pencil.factor, *pencil.sizes]
        coefficients += [value for block in pencil.blocks.values() for value in block.values()]
        coefficients += [unknown.gaussian.variance for unknown in self.fixed_point.unknowns]
        coefficients += [value for block in self.fixed_point.eta.values() for value in block.values()]
        coefficients += [factor for _, factor in self.fixed_point.representatives.values()]
        self._coefficients = list(dict.fromkeys(map(sp.sympify, coefficients)))
        self.numbers = sorted(set().union(*(c.free_symbols for c in self._coefficients)), key=str)
        self.matrices = self.fixed_point.matrices()
        self._scalars = sp.lambdify([self.numbers], self._coefficients, modules="jax")
        self._solve = eqx.filter_jit(self._traced)

    def __call__(self, numbers: dict, matrices: dict) -> Solution:
        _require("numbers", numbers, self.numbers)
        _require("matrices", matrices, self.matrices)
        arrays = [jnp.asarray(matrices[matrix], dtype=float) for matrix in self.matrices]
        shapes = {array.shape for array in arrays}
        if len(shapes) > 1 or any(array.ndim not in (1, 2) for array in arrays):
            raise ValueError(f"matrices: expected arrays of one shape, d or d x d, got {sorted(shapes)}")
        return self._solve([jnp.asarray(numbers[s], dtype=float) for s in self.numbers], arrays)

    def _traced(self, numbers, arrays) -> Solution:
        values = dict(zip(self._coefficients, self._scalars(numbers), strict=True))
        system = System(self.fixed_point, values, dict(zip(self.matrices, arrays, strict=True)))
        x = system.first_order()
        for distance in range(1, len(self.fixed_point.components)):
            x = system.next_order(x, distance)
        residual = system.residual(x)
        pencil = self.fixed_point.pencil
        value = values[pencil.factor] * system.trace(
            system.inverse(pencil.sizes[pencil.left], x)[pencil.left, pencil.right], None, pencil.left
        )
        converged = residual <= TOLERANCE
        unknowns = jnp.stack([x[unknown] for unknown in self.unknowns]) if x else jnp.zeros(0)
        return Solution(jnp.where(converged, value, jnp.nan), unknowns, residual, converged)


def _require(argument, given, wanted):
    missing = [str(name) for name in wanted if name not in given]
    if missing:
        names = sorted(map(str, given))
        raise ValueError(f"{argument} = {names}: expected values for {', '.join(map(str, wanted))}")
