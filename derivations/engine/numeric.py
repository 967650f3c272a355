"""Numbers from a pencil: its fixed-point equations solved for given sizes, parameters and spectra."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optimistix as optx
import sympy as sp

from derivations.engine.blocks import IDENTITY
from derivations.engine.freeness import FixedPoint, triangular_inverse
from derivations.engine.pencil import realise

jax.config.update("jax_enable_x64", True)

WARM_UP = 60  # damped fixed-point steps from zero, which choose the physical branch
MAX_STEPS = 200  # of Levenberg-Marquardt after it
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

    Names it does not need are ignored.  Raises ValueError for a missing one and for shapes that disagree.
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
        system = _System(self.fixed_point, values, dict(zip(self.matrices, arrays, strict=True)))
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


class _System:
    """The equations x = Phi(x) at given numbers; x maps each representative unknown to its value."""

    def __init__(self, fixed_point, values, arrays):
        self.fixed_point = fixed_point
        self.values = values
        self.arrays = arrays
        some = next(iter(arrays.values()), jnp.ones(1))
        self.dense = some.ndim == 2
        self.one = jnp.eye(len(some)) if self.dense else jnp.ones_like(some)

    def matrix(self, atom, size):
        if size not in self.fixed_point.spectral:
            return jnp.array(1.0)
        return self.one if atom is IDENTITY else self.arrays[atom]

    def multiply(self, a, b):
        return a @ b if self.dense and a.ndim == b.ndim == 2 else a * b

    def trace(self, G, weight, index):
        size = self.fixed_point.pencil.sizes[index]
        if size not in self.fixed_point.spectral:
            return self.values[size] * G
        if weight is not IDENTITY:
            return jnp.sum(self.arrays[weight] * (G.T if self.dense else G))
        return jnp.trace(G) if self.dense else jnp.sum(G)

    def blocks(self, size, x) -> dict:
        """D - eta(x) on the indices of one size."""
        sizes, H = self.fixed_point.pencil.sizes, {}
        for place in sorted(self.fixed_point.pencil.blocks.keys() | self.fixed_point.eta.keys()):
            if sizes[place[0]] != size or sizes[place[1]] != size:
                continue
            terms = [
                self.values[value] * self.matrix(atom, size)
                for atom, value in self.fixed_point.deterministic(*place).items()
            ]
            terms += [
                -self.values[value]
                * self.values[factor]
                * x[original]
                * self.matrix(unknown.image, size)
                for unknown, value in self.fixed_point.eta.get(place, {}).items()
                for original, factor in [self.fixed_point.representatives[unknown]]
                if original in x
            ]
            if terms:
                H[place] = sum(terms)
        return H

    def inverse(self, size, x) -> dict:
        parts = self.fixed_point.indices(size)
        return triangular_inverse(self.blocks(size, x), parts, self.multiply, self._invert)

    def _invert(self, H, part) -> dict:
        """Gauss-Jordan elimination on blocks, zeros known by structure."""
        rows = {i: {j: H[i, j] for j in part if (i, j) in H} for i in part}
        identity = {i: {i: None} for i in part}
        left = list(part)
        order: dict = {}
        while left:
            i, j = next((i, j) for j in part if j not in order.values() for i in left if j in rows[i])
            pivot = rows[i][j]
            inverse = jnp.linalg.inv(pivot) if self.dense and pivot.ndim == 2 else 1 / pivot
            for side in (rows, identity):
                side[i] = {
                    k: inverse if value is None else self.multiply(inverse, value)
                    for k, value in side[i].items()
                }
            left.remove(i)
            order[i] = j
            for other in part:
                if other == i or j not in rows[other]:
                    continue
                factor = rows[other].pop(j)
                for side in (rows, identity):
                    for k, value in side[i].items():
                        if side is rows and k == j:
                            continue
                        term = -self.multiply(factor, value)
                        if k in side[other] and side[other][k] is not None:
                            term = side[other][k] + term
                        elif k in side[other]:
                            term = jnp.ones_like(term) + term if not self.dense else self.one + term
                        side[other][k] = term
        return {(order[i], k): value for i in part for k, value in identity[i].items()}

    def update(self, unknowns, x) -> jax.Array:
        """Phi of these unknowns."""
        sizes = self.fixed_point.pencil.sizes
        inverses: dict = {}
        new = []
        for unknown in unknowns:
            k, l = unknown.place
            if sizes[k] not in inverses:
                inverses[sizes[k]] = self.inverse(sizes[k], x)
            trace = self.trace(inverses[sizes[k]][k, l], unknown.weight, k)
            new.append(self.values[unknown.gaussian.variance] * trace)
        return jnp.stack(new)

    def of_distance(self, distance) -> list:
        return [
            u
            for u in self.fixed_point.unknowns
            if self.fixed_point.layer(u)[0] == distance and self.fixed_point.representatives[u][0] == u
        ]

    def first_order(self) -> dict:
        """The unknowns within components: nonlinear equations."""
        unknowns = self.of_distance(0)
        if not unknowns:
            return {}

        def phi(vector):
            return self.update(unknowns, dict(zip(unknowns, vector, strict=True)))

        start = jnp.zeros(len(unknowns))
        start = jax.lax.fori_loop(0, WARM_UP, lambda _, v: (v + phi(v)) / 2, start)
        # On one branch unknowns keep their sign, and they can differ by orders of magnitude.
        zero = start == 0

        def relative_residual(log_ratio, _):
            x = start * jnp.exp(log_ratio)
            return jnp.where(zero, 0.0, phi(x) / jnp.where(zero, 1.0, x) - 1)

        solution: optx.Solution = optx.root_find(
            relative_residual,
            optx.LevenbergMarquardt(rtol=1e-13, atol=1e-13),
            jnp.zeros_like(start),
            max_steps=MAX_STEPS,
            throw=False,
        )
        return dict(zip(unknowns, start * jnp.exp(solution.value), strict=True))

    def next_order(self, x, distance) -> dict:
        """The unknowns that join components at this distance: linear equations."""
        unknowns = self.of_distance(distance)
        if not unknowns:
            return x

        def phi(vector):
            return self.update(unknowns, x | dict(zip(unknowns, vector, strict=True)))

        zero = jnp.zeros(len(unknowns))
        matrix = jnp.eye(len(unknowns)) - jax.jacfwd(phi)(zero)
        return x | dict(zip(unknowns, jnp.linalg.solve(matrix, phi(zero)), strict=True))

    def residual(self, x) -> jax.Array:
        if not x:
            return jnp.array(0.0)
        unknowns = list(x)
        old, new = jnp.stack(list(x.values())), self.update(unknowns, x)
        size = jnp.maximum(jnp.abs(old), jnp.abs(new))
        return jnp.max(jnp.abs(new - old) / jnp.where(size == 0, 1.0, size))


def _require(argument, given, wanted):
    missing = [str(name) for name in wanted if name not in given]
    if missing:
        names = sorted(map(str, given))
        raise ValueError(f"{argument} = {names}: expected values for {', '.join(map(str, wanted))}")
