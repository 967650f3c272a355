"""Two-point equivalents: the product of the errors of two ridge fits of the same data.

    G_S B G'_S ~ G (B + r(B) I) G',      r(B) = (nu nu' / m) tr[B G G'] / (1 - tr[A G A' G'] / m)

for the resolvents at two ridges, real or complex (r = 0 in the classical model).  With the mean
predictors w_bar, w_bar' of the two fits the products of their test errors on the sources solve

    E_k = sigma_k^2 + b_k + sum_j T_kj E_j,      b_k = E (w_bar - w_k)^T Sigma_k (w_bar' - w_k),
    T_kj = (p_j e_j e'_j / n) tr[Sigma_k G_S Sigma_j G'_S],

and that on a test set is b_test + sum_j T_test,j E_j: at equal ridges the `ErrorSystem`.  All is said in
nu G, e_k G and p_k e_k G Sigma_k, which stay finite at an infinite ridge.  Coordinates are v_0 = w_1 and
v_k = delta_k as in `mean_predictor`, so that nothing is subtracted.
"""

from functools import cached_property

import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from collapse_theory.equivalent.arrays import Model, Moments
from collapse_theory.equivalent.complex_numbers import as_complex, scaled
from collapse_theory.equivalent.continuation import Resolvents
from collapse_theory.equivalent.elimination import eliminate
from collapse_theory.equivalent.groups import Groups, completed, positions, shares

Stack = Complex[Array, "Q *matrix"]
Pairs = Complex[Array, "Q both"]  # ridges of the left; those of the right and their conjugates


class Side:
    """One of the two fits, at several ridges: the maps from the labelling vectors to its error."""

    def __init__(self, model: Model, groups: Groups, nodes: Resolvents):
        self.nodes = nodes
        place = positions(groups)
        pairs = [(nodes.gains[:, g], model.covariances[group[0]]) for g, group in enumerate(groups)]
        self.gains = [(W, times(W, sigma)) for W, sigma in pairs]  # e_g G, e_g G Sigma_g
        terms = zip(model.fractions, place, strict=True)
        self.pulls = [scaled(p, self.gains[g][1]) for p, g in terms]  # p_k e_k G Sigma_k
        self.learnt = sum(self.pulls[1:], self.pulls[0])  # A G

    def response(self, j: int, target: int) -> Stack:
        """R_j of w_bar - w = sum_j R_j v_j, w the labelling vector of the source of index `target`."""
        if j == 0:
            return -self.nodes.shrinkage
        if j != target:
            return self.pulls[j]
        others = [pull for k, pull in enumerate(self.pulls) if k != target]
        return -sum(others, self.nodes.shrinkage)

    def input(self, j: int) -> Stack:
        """G times what v_j puts into the mean predictor before it is shrunk."""
        return self.learnt if j == 0 else self.pulls[j]


class TwoPoint:
    """The products of errors of all pairs of ridges q, r and q, conjugate of r."""

    def __init__(self, model: Model, groups: Groups, left: Resolvents, right: Resolvents | None = None):
        groups = completed(groups, model)
        self.model, self.groups = model, groups
        self.left = Side(model, groups, left)
        self.right = self.left if right is None else Side(model, groups, right)
        self.place = positions(groups)
        distinct = [model.covariances[group[0]] for group in groups]
        # Those who see an error: the groups, and the test set where its covariance is another.
        self.listeners = distinct if model.test is None else [*distinct, model.test]
        self.test = int(self.place[0]) if model.test is None else len(groups)
        self._misfits: dict[tuple[int, int, bool], Pairs] = {}

    def risks(self) -> Complex[Array, "parts Q both"]:
        """Bias, variance and zeta of the excess risk on the test set."""
        model, count = self.model, len(self.groups)
        fractions = jnp.stack([model.fractions[jnp.array(group)].sum() for group in self.groups])
        T = jnp.stack([jnp.stack(row) for row in self.couplings])
        T = scaled((fractions / model.n).reshape(1, -1, 1, 1), T)
        identity = as_complex(jnp.eye(count)).reshape(count, count, 1, 1)
        # Sources of one group feed the others through their mean error alone.
        share = as_complex(shares(model, self.groups))
        errors = eliminate(identity - T[:count], jnp.tensordot(share, self._forcing(), axes=1))
        return self._seen(self.test, 0) + jnp.sum(T[self.test][:, None] * errors, axis=0)

    def _forcing(self) -> Complex[Array, "K parts Q both"]:
        """sigma_k^2 + b_k of every source."""
        sources = [self._seen(int(g), k) for k, g in enumerate(self.place)]
        return jnp.stack(sources).at[:, 1].add(as_complex(self.model.noises).reshape(-1, 1, 1))

    def _seen(self, listener: int, target: int) -> Complex[Array, "parts Q both"]:
        """b of a listener for labels of the source of index `target`: bias, none, zeta."""
        bias = self._misfit(listener, target, self.model.signal_moments)
        zeta = self._misfit(listener, target, self.model.shift_moments)
        return jnp.stack([bias, jnp.zeros_like(bias), zeta])

    @cached_property
    def couplings(self) -> list[list[Pairs]]:
        """e_g e'_g tr[Sigma_i G_S Sigma_g G'_S] of listener i and group g."""
        sides = list(zip(self.left.gains, self.right.gains, strict=True))
        rows = []
        for i, listener in enumerate(self.listeners):
            row = []
            for (W, pull), (other, other_pull) in sides:
                coupling = self._pair(times_left(listener, W), transpose(other_pull))
                if self.spill is not None:
                    coupling += self.spill[i] * self._pair(pull, other)
                row.append(coupling)
            rows.append(row)
        return rows

    @cached_property
    def spill(self) -> list[Pairs] | None:
        """nu nu' tr[Sigma_i G G'] / (m - tr[A G A' G']) of each listener; None without a width."""
        if self.model.width is None:
            return None
        D, other = self.left.nodes.shrinkage, self.right.nodes.shrinkage
        # m - tr[A G A' G'] = (m - tr[A G]) + tr[A G nu' G'], without cancellation at real ridges.
        room = self.left.nodes.gap[:, None] + self._pair(self.left.learnt, other)
        return [self._pair(times_left(sigma, D), other) / room for sigma in self.listeners]

    def _misfit(self, listener: int, target: int, moments: Moments) -> Pairs:
        """E (w_bar - w)^T Sigma (w_bar' - w), w the labelling vector of the source of index `target`."""
        # The true signal alone is to all sources the same.
        key = (listener, 0 if set(moments) == {(0, 0)} else target, (0, 0) in moments)
        if key not in self._misfits:
            self._misfits[key] = self._computed_misfit(listener, target, moments)
        return self._misfits[key]

    def _computed_misfit(self, listener: int, target: int, moments: Moments) -> Pairs:
        sigma = self.listeners[listener]
        total = jnp.zeros_like(self.couplings[0][0])
        for (j, k), moment in moments.items():
            left, right = self.left.response(j, target), self.right.response(k, target)
            total += self._pair(transpose(times_left(sigma, left)), times(right, moment.T))
            if self.spill is not None:
                inputs = transpose(self.left.input(j)), times(self.right.input(k), moment.T)
                total += self.spill[listener] * self._pair(*inputs)
        return total

    def _pair(self, left: Stack, right: Complex[Array, "R *matrix"]) -> Pairs:
        """tr[left_q right_r] and tr[left_q conj(right_r)].

        One product of real matrices: the conjugates are made of the same four blocks.
        """
        counts = self.model.multiplicities
        one = left
        if counts is not None:
            one = scaled(counts.reshape((1,) * (left.ndim - 1) + (-1,)), left)
        rows, columns = (
            jnp.concatenate([M.real, M.imag]).reshape(2 * len(M), -1) for M in (one, transpose(right))
        )
        both, Q, R = rows @ columns.T, len(left), len(right)
        real, imaginary, mixed = both[:Q, :R], both[Q:, R:], (both[:Q, R:], both[Q:, :R])
        straight = jax.lax.complex(real - imaginary, mixed[0] + mixed[1])
        mirrored = jax.lax.complex(real + imaginary, mixed[1] - mixed[0])
        return jnp.concatenate([straight, mirrored], axis=1)


def times(stack: Stack, matrix: Float[Array, " *matrix"]) -> Stack:
    """stack_q matrix."""
    return scaled(matrix[None], stack) if matrix.ndim == 1 else stack @ as_complex(matrix)


def times_left(matrix: Float[Array, " *matrix"], stack: Stack) -> Stack:
    """matrix stack_q."""
    return scaled(matrix[None], stack) if matrix.ndim == 1 else as_complex(matrix) @ stack


def transpose(stack: Stack) -> Stack:
    """stack_q^T."""
    return stack if stack.ndim == 2 else stack.mT
