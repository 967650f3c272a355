"""Rows that are alike whatever their labels: which of them are synthetic is averaged over exactly."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from collapse_theory import Problem
from collapse_theory.equivalent import alike
from collapse_theory.equivalent.algebra import Matrix, product
from simulations.draw import Constants, Draw, Plan, draw
from simulations.measure import Measured, at_every_ridge
from simulations.mixing_law import law
from simulations.traces import Traces


def is_unlabelled(problem: Problem, measure: str) -> bool:
    """Whether this measure averages over which rows are whose.

    "averaged" does, where rows of all sources have one law and one weight, and shifts no correlations;
    not of nonlinear features.
    """
    if problem.activation is not None:
        return False
    everyone = tuple(range(len(problem.sources)))
    return measure == "averaged" and problem.moments is None and alike(problem) == (everyone,)


class Labels(NamedTuple):
    """Who labels the rows: n_k of them by source k, whose label noise is `noises[k]`."""

    counts: tuple[int, ...]
    noises: tuple[float, ...]

    def parts(self, terms: Float[np.ndarray, "seeds terms R"]) -> Float[np.ndarray, "seeds 3 R"]:
        """(bias, variance, zeta) from the terms of `unlabelled`, in the mean over which rows are whose:

            variance = sum_k (n_k / n) sigma_k^2 gain,
            zeta     = sum_k q_2 agreed_k + (q_1 - q_2) single_k.

        q_1 = n_k / n and q_2 = n_k (n_k - 1) / (n (n - 1)): how often a row, and two, are labelled by
        source k (`mixing_law`).
        """
        _, once, twice = law(sum(self.counts), np.array(self.counts)).T
        bias, gain, *shifts = np.moveaxis(terms, 1, 0)
        variance = np.sum(once * self.noises) * gain
        pairs = zip(once[1:], twice[1:], shifts[::2], shifts[1::2], strict=True)
        zeta = sum((q2 * agreed + (q1 - q2) * single for q1, q2, agreed, single in pairs), 0 * bias)
        return np.stack([bias, variance, zeta], axis=1)


def unlabelled(
    key: Key[Array, ""], plan: Plan, constants: Constants, rank_revealing: bool = False
) -> Measured:
    """(bias, gain, agreed_2, single_2, agreed_3, ...) of the n rows of one draw, whoever labels them.

    With the maps w_hat = S N y and T = N X of all rows, and M = S^T Sigma_test S,

        gain     = tr[M N N^T]            (variance where the label noise is 1),
        agreed_k = tr[M T Delta_k T^T]    (zeta where source k labels all rows),
        single_k = sum_i [N^T M N]_ii x_i^T Delta_k x_i

    what each row's label does by itself; and as in `averaged` what features do not see is noise.  Rows
    that stand for n Gaussian ones are known up to rotations, over which single_k has the mean

        (2 agreed_k + gain tr[X Delta_k X^T]) / (n + 2).
    """
    rows = draw(key, plan, constants, rank_revealing)
    sizes = [_sizes(rows, shift) for shift in constants.shifts[1:]]
    n = constants.counts.sum()

    def terms(traces: Traces) -> tuple[Float[Array, " terms"], Float[Array, ""]]:
        gain = traces.gains[0]
        found = [traces.bias, gain]
        for k, (shift, size) in enumerate(zip(constants.shifts[1:], sizes, strict=True)):
            agreed = traces.agreed[k]
            single = (2 * agreed + gain * jnp.sum(size)) / (n + 2)
            if plan.counts is not None:
                single = traces.singles[k]
            hidden = gain * rows.hidden(0, shift, constants)
            found += [agreed + hidden, single + hidden]
        return jnp.stack(found), traces.rounding

    known = () if plan.counts is None else sizes
    return at_every_ridge(terms, rows, constants, plan, rank_revealing, known)


def _sizes(rows: Draw, shift: Matrix) -> Float[Array, " rows"]:
    """x^T Delta x of each row."""
    X = rows.inputs[0] if rows.means is None else rows.inputs[0] @ rows.means[0].T
    return jnp.sum(product(X, shift) * X, axis=1)
