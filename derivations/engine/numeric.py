"""Numbers from a pencil: its fixed-point equations solved for given sizes, parameters and spectra."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import sympy as sp

from derivations.engine.blocks import IDENTITY
from derivations.engine.freeness import FixedPoint
from derivations.engine.pencil import realise
from derivations.engine.stability import Feedback, spectral_radius
from derivations.engine.system import System

jax.config.update("jax_enable_x64", True)

TOLERANCE = 1e-9  # relative residual of the undamped equations that counts as solved


class Solution(NamedTuple):
    """lim tr[expression], and whether the equations it came from were solved."""

    value: jax.Array
    unknowns: jax.Array  # of the fixed-point equations, in the order of `NumericTrace.unknowns`
    residual: jax.Array  # largest relative residual of the undamped equations
    converged: jax.Array  # solved, and on the right branch; `value` is NaN where it is False


class NumericTrace:
    """lim E tr[expression], a function of numbers and deterministic matrices.

    Call it with `numbers` {symbol: value} for every size and scalar, and `matrices` {symbol: array},
    all of them 1-d (eigenvalues in a common basis, O(d) work) or all 2-d (symmetric, O(d^3) work).  It
    goes through `jax.jit` and `jax.vmap`; work is bounded.

    Every inverse in the expression must stay bounded as its blocks grow: a ridge > 0, not the ridgeless
    limit.  Where it does not, where a size is not positive, and where the equations were not solved,
    `converged` is False and the value is NaN.

    Names it does not need are ignored.  Raises ValueError for a missing one and for shapes that
    disagree.
    """

    def __init__(self, expression):
        pencil = realise(expression)
        self.fixed_point = FixedPoint(pencil)
        self.unknowns = [
            u for u, (original, _) in self.fixed_point.representatives.items() if u == original
        ]
        coefficients = [pencil.factor, *pencil.sizes]
        coefficients += [value for block in pencil.blocks.values() for value in block.values()]
        coefficients += [unknown.gaussian.variance for unknown in self.fixed_point.unknowns]
        coefficients += [value for block in self.fixed_point.eta.values() for value in block.values()]
        coefficients += [factor for _, factor in self.fixed_point.representatives.values()]
        self._feedback = Feedback(self.fixed_point)
        coefficients += self._feedback.coefficients()
        coefficients += [unknown.gaussian.variance for unknown in self._feedback.unknowns]
        self._coefficients = list(dict.fromkeys(map(sp.sympify, coefficients)))
        self.numbers = sorted(set().union(*(c.free_symbols for c in self._coefficients)), key=str)
        self.matrices = self.fixed_point.matrices()
        self._scalars = sp.lambdify([self.numbers], self._coefficients, modules="jax")
        self._solve = eqx.filter_jit(self._traced)

    def __call__(self, numbers: dict, matrices: dict) -> Solution:
        _require("numbers", numbers, self.numbers)
        _require("matrices", matrices, self.matrices)
        arrays = [jnp.asarray(matrices[matrix], dtype=float) for matrix in self.matrices]
        _require_shapes(arrays)
        for size in self.fixed_point.spectral & set(numbers):
            _require_length(size, numbers[size], arrays[0])
        return self._solve([_real(symbol, numbers[symbol]) for symbol in self.numbers], arrays)

    def _traced(self, numbers, arrays) -> Solution:
        values = dict(zip(self._coefficients, self._scalars(numbers), strict=True))
        system = System(self.fixed_point, values, dict(zip(self.matrices, arrays, strict=True)))
        x = system.first_order()
        for distance in range(1, len(self.fixed_point.components)):
            x = system.next_order(x, distance)
        residual = system.residual(x)
        pencil = self.fixed_point.pencil
        G = system.inverse(pencil.sizes[pencil.left], x)
        value = values[pencil.factor] * system.trace(G, pencil.left, pencil.right, IDENTITY)
        sizes = jnp.stack([values[size] for size in dict.fromkeys(pencil.sizes)])
        stable = spectral_radius(self._feedback, system, x) < 1
        converged = (residual <= TOLERANCE) & stable & (sizes > 0).all() & jnp.isfinite(value)
        unknowns = jnp.stack([x[unknown] for unknown in self.unknowns]) if x else jnp.zeros(0)
        return Solution(jnp.where(converged, value, jnp.nan), unknowns, residual, converged)


def _require(argument, given, wanted):
    missing = [name for name in wanted if name not in given]
    if missing:
        alike = {str(name) for name in given} & {str(name) for name in missing}
        hint = f" ({', '.join(sorted(alike))}: another symbol of that name was given)" if alike else ""
        needed, got = (", ".join(map(str, names)) for names in (missing, given))
        raise ValueError(f"{argument} = {{{got}}}: expected a value for {needed} too{hint}")


def _real(symbol, number):
    if not isinstance(number, jax.core.Tracer) and (np.iscomplexobj(number) or np.ndim(number) > 0):
        raise ValueError(f"numbers[{symbol}] = {number}: expected a real number")
    return jnp.asarray(number, dtype=float)


def _require_shapes(arrays):
    shapes = sorted({array.shape for array in arrays})
    if len(shapes) > 1 or any(len(shape) not in (1, 2) or len(set(shape)) > 1 for shape in shapes):
        raise ValueError(f"matrices: expected arrays of one shape, d or d x d, got {shapes}")
    for array in arrays:
        known = array.ndim == 2 and not isinstance(array, jax.core.Tracer)
        if known and not jnp.allclose(array, array.T, rtol=1e-8, atol=1e-8 * jnp.abs(array).max()):
            raise ValueError("matrices: expected symmetric ones")


def _require_length(size, number, array):
    if not isinstance(number, jax.core.Tracer) and float(number) != len(array):
        raise ValueError(f"numbers[{size}] = {number}: expected {len(array)}, the size of the matrices")
