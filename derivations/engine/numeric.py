"""Numbers from a pencil: its fixed-point equations solved at sizes, parameters and spectra."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import sympy as sp

from derivations.engine.blocks import IDENTITY
from derivations.engine.continuation import continued
from derivations.engine.freeness import FixedPoint
from derivations.engine.pencil import realise
from derivations.engine.stability import Feedback, spectral_radius
from derivations.engine.system import System

jax.config.update("jax_enable_x64", True)

TOLERANCE = 1e-9  # relative residual of the undamped equations that counts as solved
NEAR_SPECTRUM = 1e-9  # a radius this close to 1, at complex numbers, is on the spectrum


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

    Numbers may be complex, but sizes and variances: then value and unknowns are complex, and the branch
    is the one that decays far from the real axis (a ridge -z off the spectrum gives the Stieltjes
    transform at z).

    Every inverse in the expression must stay bounded as its blocks grow: a ridge > 0, not the ridgeless
    limit; a complex ridge at more than about 1e-9 of its size from the spectrum.  Where it does not,
    where a size is not positive, and where the equations were not solved, `converged` is False and the
    value is NaN.

    Names it does not need are ignored.  Raises ValueError for a missing one, for shapes that disagree,
    and for complex sizes, variances and matrices.
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
        gaussians = [u.gaussian for u in (*self.fixed_point.unknowns, *self._feedback.unknowns)]
        real = [*pencil.sizes, *(gaussian.variance for gaussian in gaussians)]
        self._real = set().union(*(sp.sympify(size).free_symbols for size in real))
        self.matrices = self.fixed_point.matrices()
        self._scalars = sp.lambdify([self.numbers], self._coefficients, modules="jax")
        self._solve = eqx.filter_jit(self._traced)

    def __call__(self, numbers: dict, matrices: dict) -> Solution:
        _require("numbers", numbers, self.numbers)
        _require("matrices", matrices, self.matrices)
        arrays = [_real(f"matrices[{matrix}]", matrices[matrix]) for matrix in self.matrices]
        _require_shapes(arrays)
        for size in self.fixed_point.spectral & set(numbers):
            _require_length(size, numbers[size], arrays[0])
        scalars = [_scalar(symbol, numbers[symbol], symbol in self._real) for symbol in self.numbers]
        return self._solve(scalars, arrays)

    def _system(self, numbers, arrays) -> System:
        """The equations, all of it complex where one number is."""
        dtype = jnp.result_type(float, *numbers)
        values = self._scalars([jnp.asarray(number, dtype) for number in numbers])
        values = {c: jnp.asarray(v, dtype) for c, v in zip(self._coefficients, values, strict=True)}
        matrices = {
            matrix: array.astype(dtype) for matrix, array in zip(self.matrices, arrays, strict=True)
        }
        return System(self.fixed_point, values, matrices)

    def _stable(self, system, x) -> jax.Array:
        # On the spectrum the radius of a complex solution is exactly 1.
        most = 1 - NEAR_SPECTRUM if jnp.iscomplexobj(jnp.zeros(0, system.dtype)) else 1
        return spectral_radius(self._feedback, system, x) < most

    def _traced(self, numbers, arrays) -> Solution:
        system = self._system(numbers, arrays)
        if any(map(jnp.iscomplexobj, numbers)):
            x = continued(numbers, lambda raised: self._system(raised, arrays), self._stable)
        else:
            x = system.first_order()
        for distance in range(1, len(self.fixed_point.components)):
            x = system.next_order(x, distance)
        residual = system.residual(x)
        pencil = self.fixed_point.pencil
        G = system.inverse(pencil.sizes[pencil.left], x)
        value = system.values[pencil.factor] * system.trace(G, pencil.left, pencil.right, IDENTITY)
        sizes = jnp.stack([system.values[size].real for size in dict.fromkeys(pencil.sizes)])
        solved = (residual <= TOLERANCE) & self._stable(system, x)
        converged = solved & (sizes > 0).all() & jnp.isfinite(value)
        unknowns = jnp.stack([x[unknown] for unknown in self.unknowns]) if x else jnp.zeros(0)
        return Solution(jnp.where(converged, value, jnp.nan), unknowns, residual, converged)


def _require(argument, values, wanted):
    missing = [name for name in wanted if name not in values]
    if missing:
        alike = {str(name) for name in values} & {str(name) for name in missing}
        hint = f" ({', '.join(sorted(alike))}: another symbol of that name was given)" if alike else ""
        needed, got = (", ".join(map(str, names)) for names in (missing, values))
        raise ValueError(f"{argument} = {{{got}}}: expected a value for {needed} too{hint}")


def _scalar(symbol, number, real):
    """A number as a float, or as a complex one where that is allowed."""
    if np.ndim(number) > 0:
        raise ValueError(f"numbers[{symbol}] = {number}: expected one number")
    if jnp.iscomplexobj(number) and not real:
        return jnp.asarray(number, dtype=complex)
    return _real(f"numbers[{symbol}]", number)


def _real(argument, value):
    if jnp.iscomplexobj(value):
        raise ValueError(f"{argument} = {value}: expected real numbers")
    return jnp.asarray(value, dtype=float)


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
