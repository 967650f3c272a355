"""Whether a solution of the fixed-point equations is the limit of L^-1.

The equations have other solutions than the wanted one, and solutions where L^-1 has no limit at all
(the inverse of a matrix whose spectrum reaches 0).  L^-1 stays bounded, and E[L^-1] tends to G, where
the fluctuations it feeds back do: the positive map

    A -> G E[W A W*] G*

must have spectral radius below 1 (for one Hermitian block this is "outside the spectrum", for a square
block of iid entries, outside the circular law's disc).  For a Hermitian W and a shift z above the real
axis it is the same as a trace whose imaginary part has the sign of a Stieltjes transform's: with T that
map, (1 - T) Im G = -G (Im D) G*.  Like eta, E[W A W*] needs a few traces only.
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
    """E[W A W*] within the components of a pencil, as a combination of traces of A."""

    fixed_point: FixedPoint

    @cached_property
    def terms(self) -> dict[tuple[int, int], dict[Unknown, list[tuple[sp.Expr, sp.Expr]]]]:
        """(i, j) -> trace of A_kl -> the coefficients of W_ik and W_jl, wherever these are one block."""
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
                    block.setdefault(unknown, []).append((value, other_value))
        return result

    @cached_property
    def unknowns(self) -> list[Unknown]:
        """The traces of A that E[W A W*] needs."""
        return list(dict.fromkeys(unknown for block in self.terms.values() for unknown in block))

    def coefficients(self) -> list[sp.Expr]:
        """Every scalar in it."""
        blocks = self.terms.values()
        return [c for block in blocks for pairs in block.values() for pair in pairs for c in pair]


def spectral_radius(feedback: Feedback, system, x) -> jax.Array:
    """Of A -> G E[W A W*] G*, at the solution x."""
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
                system.values[a]
                * jnp.conj(system.values[b])
                * value[u]
                * system.matrix(u.image, sizes[i])
                for u, pairs in block.items()
                for a, b in pairs
            )
            for (i, j), block in feedback.terms.items()
        }
        new = []
        for unknown in feedback.unknowns:
            k, l = unknown.place
            A: dict = {}
            for (i, j), block in S.items():
                if (k, i) in G and (l, j) in G and level[i] == level[k] and level[j] == level[l]:
                    right = jnp.conj(G[l, j].T if system.dense else G[l, j])
                    term = system.multiply(system.multiply(G[k, i], block), right)
                    A[k, l] = A[k, l] + term if (k, l) in A else term
            variance = system.values[unknown.gaussian.variance]
            new.append(variance * system.trace(A, k, l, unknown.weight))
        return jnp.stack(new)

    zero = jnp.zeros(len(feedback.unknowns), system.dtype)
    matrix = jax.jacfwd(fed_back, holomorphic=jnp.iscomplexobj(zero))(zero)

    def square(_, state):
        power, logarithm = state
        size = jnp.linalg.norm(power)
        scaled = power / jnp.where(size == 0, 1.0, size)
        return scaled @ scaled, 2 * (logarithm + jnp.log(jnp.where(size == 0, 1e-300, size)))

    power, logarithm = jax.lax.fori_loop(0, SQUARINGS, square, (matrix, jnp.array(0.0)))
    return jnp.exp((logarithm + jnp.log(jnp.linalg.norm(power) + 1e-300)) / 2.0**SQUARINGS)
