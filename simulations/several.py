"""Several ridges of one draw: an eigendecomposition that serves them all, in place of a factor each.

In the eigenvectors of sum_k (alpha_k / n) Z_k^T Z_k the resolvent R is diagonal, with entries
g_i = 1 / (l_i + lambda), and a trace costs O(q^2) a ridge:

    tr[M R B R] = sum_ij M_ij B_ij g_i g_j,        M = S^T Sigma_test S.

B is (alpha_k / n) Z_k^T Z_k in a gain and Q_k Delta_k Q_k^T in zeta, with Q_k = (alpha_k / n) Z_k^T X_k.
In the bias it is Q Gamma Q^T, Q the sum of the Q_k, or lambda^2 S^-1 Gamma S^-T where S is square.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory.equivalent.algebra import Matrix, product, trace
from simulations.draw import Constants, Draw, Plan
from simulations.rank import cancellation
from simulations.response import metric, moments_of, narrow
from simulations.traces import Traces, lost, with_hidden
from simulations.triangle import inverse_of_lower

Square = Float[Array, "q q"]


class Forms(NamedTuple):
    """tr[M R B R] for several B."""

    products: Float[Array, "forms q q"]  # M_ij B_ij
    sizes: Float[Array, "forms q"]  # |M| B_ii + |B| M_ii: a rotation rounds as its norm

    @classmethod
    def of(cls, M: Square, B: list[Square]) -> "Forms":
        """Those of these B."""
        forms = jnp.stack(B)
        norms = jnp.sqrt(jnp.sum(forms**2, axis=(1, 2)))[:, None]
        sizes = jnp.sqrt(jnp.sum(M**2)) * jnp.diagonal(forms, axis1=1, axis2=2)
        return cls(M[None] * forms, sizes + norms * jnp.diagonal(M)[None])

    def at(self, g: Float[Array, " q"]) -> tuple[Float[Array, " forms"], Float[Array, " forms"]]:
        """The traces, and by how much each amplifies rounding."""
        values = (self.products @ g) @ g
        return values, cancellation(jnp.abs(self.sizes) @ g**2, values)


def several(
    draw: Draw, constants: Constants, plan: Plan, sizes: Sequence[Float[Array, " rows"]]
) -> Callable[[Float[Array, ""]], Traces]:
    """The traces at every ridge > 0; `sizes` are x^T Delta x of every row and shift.

    Not of correlated labelling vectors.
    """
    S, loss = draw.S, constants.weights / constants.counts.sum()
    is_narrow = narrow(draw, plan) is not None
    grams = [a * Z.T @ Z for a, Z in zip(loss, draw.features, strict=True)]
    unused = jnp.zeros(len(grams[0]), plan.dtype)
    if is_narrow:
        unused = jnp.all(S == 0, axis=0).astype(plan.dtype)
    eigenvalues, V = jnp.linalg.eigh(sum(grams[1:], grams[0]) + jnp.diag(unused))
    # Without S the X_k are the Z_k.
    moments = [V.T @ Q for Q in (grams if S is None else moments_of(draw, loss))]
    fit = sum(moments[1:], moments[0])

    def turned(F: Float[Array, "q _"], inner: Matrix) -> Square:
        return product(F, inner) @ F.T

    M = V.T @ product(metric(S, constants), V)
    test, signal, shifts = constants.test_covariance, constants.signal, constants.shifts[1:]
    error, overlap, truth = fit, jnp.zeros_like(eigenvalues), jnp.zeros_like(constants.floor)
    if S is not None and is_narrow:
        # Multiplied out: tr[Sigma_test (S R Q - I) Gamma (S R Q - I)^T].
        overlap = jnp.sum(product(fit, signal) * (V.T @ product(test, S).T), axis=1)
        truth = trace(test, signal)
    else:
        error = V.T if S is None else V.T @ inverse_of_lower(S)
    maps = moments[1:] or [fit] * len(shifts)
    by_row = jnp.concatenate([a * Z.T for a, Z in zip(loss, draw.features, strict=True)], axis=1)
    forms = Forms.of(
        M,
        [
            turned(error, signal),
            *(V.T @ gram @ V for gram in grams),
            *(turned(Q, shift) for Q, shift in zip(maps, shifts, strict=True)),
            *(turned(V.T @ by_row, size) for size in sizes),
        ],
    )
    ends = len(grams) + 1, len(grams) + 1 + len(shifts)

    def traces(ridge: Float[Array, ""]) -> Traces:
        g = 1 / (eigenvalues + ridge)
        values, rounding = forms.at(g)
        gains = loss * values[1 : ends[0]]
        bias = truth - 2 * overlap @ g + values[0] if is_narrow else ridge**2 * values[0]
        bias, terms = with_hidden(bias, truth, gains, draw, constants)
        # The smallest eigenvalues are rounded as the largest.
        worst = jnp.maximum(eigenvalues[-1] * jnp.max(g), jnp.max(rounding))
        return Traces(
            bias=bias,
            gains=gains,
            agreed=values[ends[0] : ends[1]],
            singles=values[ends[1] :],
            crossed=jnp.zeros_like(bias),
            rounding=lost(jnp.maximum(draw.inflation, worst), terms, bias, is_narrow, is_narrow),
        )

    return traces
