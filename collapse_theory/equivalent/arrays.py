"""A `Problem` as stacked arrays.

Where all covariances are given by eigenvalues in one basis a matrix is its diagonal, a vector, and
everything costs O(d); otherwise it is a d x d array (`algebra`).  An entry of such a vector may stand
for many directions, its multiplicity: then d counts directions, and what it costs entries.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory.equivalent.algebra import Matrix, diagonal, expand, identity, trace
from collapse_theory.problem import Problem

# (j, k): E[v_j v_k^T] of v_0 = w_1 and v_k = delta_(k+1), the shift of source k + 1; zero blocks are
# left out.
Moments = dict[tuple[int, int], Matrix]


class Model(NamedTuple):
    """The arrays of a problem; `*matrix` is d (diagonals) or d, d.  Source k has index k - 1."""

    covariances: Float[Array, "K *matrix"]
    fractions: Float[Array, " K"]  # p_k
    weights: Float[Array, " K"]  # alpha_k
    noises: Float[Array, " K"]  # sigma_k^2
    shifts: Float[Array, "K *matrix"]  # Delta_k
    signal: Float[Array, " *matrix"]  # Gamma
    test: Float[Array, " *matrix"] | None  # None: the covariance of source 1
    n: Float[Array, ""]  # samples in all
    ridge: Float[Array, ""]
    width: Float[Array, ""] | None
    correlations: Float[Array, "K K *matrix"] | None = None  # E[v_j v_k^T], see `Moments`
    multiplicities: Float[Array, " entries"] | None = None  # None: all are 1
    # Of nonlinear features (`nonlinear`): d, where there are more directions than that, and s_k, the
    # share of v_k that is w_1's: v_k = s_k v_0 + what shifts make.
    features: Float[Array, ""] | None = None
    signal_shares: Float[Array, " K"] | None = None

    @property
    def test_covariance(self) -> Any:
        """Sigma_test, an array of the kind that the others are."""
        return self.covariances[0] if self.test is None else self.test

    @property
    def signal_moments(self) -> Moments:
        """What makes the bias: the true signal alone."""
        if self.signal_shares is None:
            return {(0, 0): self.signal}
        s, sources = self.signal_shares, range(len(self.signal_shares))
        return {(j, k): s[j] * s[k] * self.signal for j in sources for k in sources}

    @property
    def shift_moments(self) -> Moments:
        """What makes zeta: the shifts, and where they are correlated also their cross moments."""
        sources = range(len(self.shifts))
        if self.correlations is None:
            return {(k, k): self.shifts[k] for k in sources[1:]}
        return {(j, k): self.correlations[j, k] for j in sources for k in sources if j or k}

    @property
    def label_moments(self) -> Moments:
        """Both together."""
        total = dict(self.signal_moments)
        for pair, moment in self.shift_moments.items():
            total[pair] = total[pair] + moment if pair in total else moment
        return total

    @property
    def dimension(self) -> Float[Array, ""]:
        """d, the number of features of x."""
        return self.directions if self.features is None else self.features

    @property
    def directions(self) -> Float[Array, ""]:
        """How many directions there are, d unless features have noise of their own."""
        if self.multiplicities is not None:
            return self.multiplicities.sum()
        return jnp.asarray(float(self.covariances.shape[-1]))

    def counted(self, matrix: Matrix) -> Matrix:
        """A matrix whose entries add up to traces: diagonal ones times their multiplicities."""
        if self.multiplicities is None:
            return matrix
        return matrix * self.multiplicities.reshape((1,) * (matrix.ndim - 1) + (-1,))

    def trace(self, left: Matrix, right: Matrix) -> Float[Array, ""]:
        """tr[left right^T]."""
        return trace(self.counted(left), right)

    def traces(self, stack: Float[Array, "_ *matrix"], matrix: Matrix) -> Float[Array, " _"]:
        """tr[stack_k matrix] for symmetric matrices."""
        return jnp.sum(stack * self.counted(matrix)[None], axis=tuple(range(1, stack.ndim)))

    @property
    def is_diagonal(self) -> bool:
        """Whether matrices are vectors."""
        return self.covariances.ndim == 2


def stack_linear(problem: Problem) -> Model:
    """The `Model` of inputs and labels of a problem, whatever its activation: `stack` has the features.

    Scalars become multiples of I, and vectors matrices if any is.
    """
    ndim = 1 if problem.is_diagonal else 2
    like = jnp.ones((problem.entries,) * ndim)
    counts = problem.multiplicities

    def covariance(matrix: Matrix) -> Matrix:
        return identity(like, matrix) if matrix.ndim == 0 else expand(matrix, ndim)

    def second_moment(matrix: Matrix, against: Matrix) -> Matrix:
        if matrix.ndim == 0:
            sizes = diagonal(against)
            total = jnp.sum(sizes if counts is None else counts * sizes)
            # Without features a signal or shift makes no difference, and has no trace to scale.
            return identity(like, jnp.where(total > 0, matrix / jnp.where(total > 0, total, 1), 0))
        # Off-diagonal entries of a signal or shift never meet anything but diagonals if ndim is 1.
        return expand(matrix, ndim)

    sources = problem.sources
    samples = jnp.stack([source.n for source in sources])
    covariances = jnp.stack([covariance(source.covariance) for source in sources])
    test = problem.test_covariance
    if problem.moments is not None:
        correlations = _correlations(problem.moments, ndim)
        signal = correlations[0, 0]
        shifts = jnp.stack([correlations[k, k] for k in range(len(sources))]).at[0].set(0.0)
    else:
        assert problem.signal is not None  # it or the moments are there
        correlations = None
        signal = second_moment(problem.signal, covariances[0])
        pairs = zip(sources, covariances, strict=True)
        shifts = jnp.stack([second_moment(s.shift, sigma) for s, sigma in pairs])
    return Model(
        covariances=covariances,
        fractions=samples / samples.sum(),
        weights=jnp.stack([source.weight for source in sources]),
        noises=jnp.stack([source.noise for source in sources]),
        shifts=shifts,
        signal=signal,
        test=None if test is None else covariance(test),
        n=samples.sum(),
        ridge=problem.ridge,
        width=problem.width,
        correlations=correlations,
        multiplicities=counts,
    )


def _correlations(moments: Float[Array, "K K *either"], ndim: int) -> Float[Array, "K K *matrix"]:
    """E[v_j v_k^T] from C_jk = E[w_j w_k^T]."""
    moments = jax.vmap(jax.vmap(lambda block: expand(block, ndim)))(moments)
    difference = jnp.eye(len(moments)).at[1:, 0].set(-1.0)  # v = difference @ w
    return jnp.einsum("ja,ab...,kb->jk...", difference, moments, difference)
