"""A pencil's fixed-point equations at numbers, and their solution in double precision."""

import jax
import jax.numpy as jnp
import optimistix as optx

from derivations.engine.blocks import IDENTITY
from derivations.engine.triangular import SINGULAR, triangular_inverse

WARM_UP = 60  # damped fixed-point steps from zero, which choose the physical branch
MAX_STEPS = 200  # of Levenberg-Marquardt after it


class System:
    """The equations x = Phi(x) at given numbers; x maps each representative unknown to its value."""

    def __init__(self, fixed_point, values, arrays):
        self.fixed_point = fixed_point
        self.values = values
        self.arrays = arrays
        self.dtype = jnp.result_type(float, *values.values())
        spectral = next(iter(arrays.values()), jnp.ones(1, self.dtype))
        self.dense = spectral.ndim == 2
        self.one = jnp.eye(len(spectral), dtype=self.dtype) if self.dense else jnp.ones_like(spectral)

    def matrix(self, atom, size):
        if size not in self.fixed_point.spectral:
            return jnp.ones((), self.dtype)
        return self.one if atom is IDENTITY else self.arrays[atom]

    def multiply(self, a, b):
        return a @ b if self.dense and a.ndim == b.ndim == 2 else a * b

    def trace(self, inverse: dict, k, l, weight) -> jax.Array:
        """tr[weight G_kl]; a block that is absent is 0."""
        if (k, l) not in inverse:
            return jnp.zeros((), self.dtype)
        G, size = inverse[k, l], self.fixed_point.pencil.sizes[k]
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
        """Gauss-Jordan elimination on blocks, with the zeros known by structure."""
        one = self.matrix(IDENTITY, self.fixed_point.pencil.sizes[part[0]])
        rows = {i: {("L", j): H[i, j] for j in part if (i, j) in H} | {("G", i): one} for i in part}
        pivots: dict = {}  # row -> column
        for j in part:
            i = next((i for i in part if i not in pivots and ("L", j) in rows[i]), None)
            if i is None:
                raise ValueError(SINGULAR)
            pivots[i] = j
            inverse = self.reciprocal(rows[i].pop(("L", j)))
            rows[i] = {place: self.multiply(inverse, value) for place, value in rows[i].items()}
            for other in part:
                if other != i and ("L", j) in rows[other]:
                    factor = rows[other].pop(("L", j))
                    for place, value in rows[i].items():
                        term = -self.multiply(factor, value)
                        rows[other][place] = rows[other][place] + term if place in rows[other] else term
        return {(pivots[i], k): value for i in part for (_, k), value in rows[i].items()}

    def reciprocal(self, a):
        return jnp.linalg.inv(a) if self.dense and a.ndim == 2 else 1 / a

    def update(self, unknowns, x) -> jax.Array:
        """Phi of these unknowns."""
        sizes = self.fixed_point.pencil.sizes
        inverses: dict = {}
        new = []
        for unknown in unknowns:
            k, l = unknown.place
            if sizes[k] not in inverses:
                inverses[sizes[k]] = self.inverse(sizes[k], x)
            trace = self.trace(inverses[sizes[k]], k, l, unknown.weight)
            new.append(self.values[unknown.gaussian.variance] * trace)
        return jnp.stack(new)

    def of_distance(self, distance) -> list:
        return [
            u
            for u in self.fixed_point.unknowns
            if self.fixed_point.layer(u)[0] == distance and self.fixed_point.representatives[u][0] == u
        ]

    def first_order(self) -> dict:
        """The unknowns within components: nonlinear equations, at real numbers."""
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

        zero = jnp.zeros(len(unknowns), self.dtype)
        matrix = jax.jacfwd(phi, holomorphic=jnp.iscomplexobj(zero))(zero)
        constant = phi(zero)
        # The unknowns have units of their own, up to 1 / ridge^2 apart: solved for in multiples of
        # what they feed each other.
        unit = jnp.abs(constant)
        for _ in unknowns:
            unit = jnp.abs(constant) + jnp.abs(matrix) @ unit
        unit = jnp.where(unit == 0, 1.0, unit)
        scaled = jnp.eye(len(unknowns)) - matrix * unit[None] / unit[:, None]
        solution = unit * jnp.linalg.solve(scaled, constant / unit)
        return x | dict(zip(unknowns, solution, strict=True))

    def residual(self, x) -> jax.Array:
        if not x:
            return jnp.array(0.0)
        unknowns = list(x)
        old, new = jnp.stack(list(x.values())), self.update(unknowns, x)
        size = jnp.maximum(jnp.abs(old), jnp.abs(new))
        return jnp.max(jnp.abs(new - old) / jnp.where(size == 0, 1.0, size))
