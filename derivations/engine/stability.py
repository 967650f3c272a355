"""Whether a solution of the fixed-point equations is the limit of L^-1.

The equations have other solutions than the wanted one, and solutions where L^-1 has no limit at all
(the inverse of a matrix whose spectrum reaches 0).  L^-1 stays bounded, and E[L^-1] tends to G, where
the fluctuations it feeds back do: the positive map

    A -> G E[W A W^T] G^T

must have spectral radius below 1 (for one Hermitian block this is "outside the spectrum", for a square
block of iid entries, outside the circular law's disc).  Like eta, E[W A W^T] needs a few traces only.
"""

from dataclasses import dataclass
from functools import cached_property

import jax
import jax.numpy as jnp
import sympy as sp

from derivations.engine.freeness import FixedPoint, Unknown
from derivations.engine.matrices import Gaussian

SQUARINGS = 40  # M^(2^40): its norm's root is the spectral radius to rounding


@dataclass
class Feedback:
    """E[W A W^T] within the components of a pencil, as a combination of traces of A."""

    fixed_point: FixedPoint

    @cached_property
    def terms(self) -> dict[tuple[int, int], dict[Unknown, sp.Expr]]:
        """(i, j) -> trace of A_kl -> coefficient, for W_ik and W_jl the same block."""
        level = self.fixed_point.level
        entries = [
            entry for entry in self.fixed_point.random if level[entry[0][0]] == level[entry[0][1]]
        ]
        result: dict = {}
        for (i, k), atom, value in entries:
            for (j, l), other, other_value in entries:
                if atom == other and level[i] == level[j]:
                    forward = isinstance(atom, Gaussian)
                    unknown = Unknown((k, l), atom if forward else atom.arg, forward)
                    block = result.setdefault((i, j), {})
                    block[unknown] = block.get(unknown, 0) + value * other_value
        return result

    @cached_property
    def unknowns(self) -> list[Unknown]:
        """The traces of A that E[W A W^T] needs."""
        found = {unknown: True for block in self.terms.values() for unknown in block}
        return list(found)

    def coefficients(self) -> list[sp.Expr]:
        """Every scalar in it."""
        return [value for block in self.terms.values() for value in block.values()]


def spectral_radius(feedback: Feedback, system, x) -> jax.Array:
    """Of A -> G E[W A W^T] G^T, at the solution x."""
    if not feedback.unknowns:
        return jnp.array(0.0)
    sizes = feedback.fixed_point.pencil.sizes
    G = {
        place: block for size in dict.fromkeys(sizes) for place, block in system.inverse(size, x).items()
    }
    level = feedback.fixed_point.level

    def fed_back(traces):
        value = dict(zip(feedback.unknowns, traces, strict=True))
        S = {
            (i, j): sum(
                system.values[c] * value[u] * system.matrix(u.image, sizes[i]) for u, c in block.items()
            )
            for (i, j), block in feedback.terms.items()
        }
        new = []
        for unknown in feedback.unknowns:
            k, l = unknown.place
            A: dict = {}
            for (i, j), block in S.items():
                if (k, i) in G and (l, j) in G and level[i] == level[k] and level[j] == level[l]:
                    right = G[l, j].T if system.dense else G[l, j]
                    term = system.multiply(system.multiply(G[k, i], block), right)
                    A[k, l] = A[k, l] + term if (k, l) in A else term
            variance = system.values[unknown.gaussian.variance]
            new.append(variance * system.trace(A, k, l, unknown.weight))
        return jnp.stack(new)

    matrix = jax.jacfwd(fed_back)(jnp.zeros(len(feedback.unknowns)))

    def square(_, state):
        power, logarithm = state
        size = jnp.linalg.norm(power)
        scaled = power / jnp.where(size == 0, 1.0, size)
        return scaled @ scaled, 2 * (logarithm + jnp.log(jnp.where(size == 0, 1e-300, size)))

    power, logarithm = jax.lax.fori_loop(0, SQUARINGS, square, (matrix, jnp.array(0.0)))
    return jnp.exp((logarithm + jnp.log(jnp.linalg.norm(power) + 1e-300)) / 2.0**SQUARINGS)
