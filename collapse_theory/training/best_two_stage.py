"""The best pair of ridges of two-stage training."""

import jax
import jax.numpy as jnp
from jaxtyping import Array

from collapse_theory import checks
from collapse_theory.activation import linear_only
from collapse_theory.compress import compress_if_known
from collapse_theory.equivalent import Status, alike, solved
from collapse_theory.optimum import GRID, Optimum, search
from collapse_theory.problem import Problem
from collapse_theory.ranges import Box
from collapse_theory.risk import Risk
from collapse_theory.training.division import checked_shares
from collapse_theory.training.two_stage import two_stage_with_status


def best_two_stage(
    problem: Problem,
    first_ridge: checks.Range,
    second_ridge: checks.Range,
    first: checks.Matrix | None = None,
) -> Optimum:
    """The ridges, each in its range (low, high), at which `two_stage` has its smallest total error.

    `arguments` and `on_edge` of the answer are named first_ridge and second_ridge; `first` as in
    `two_stage`.  The search is that of `best`: a grid of 16 x 16 points, then gradients.  Spectra that
    are not traced are compressed first.

    Raises ValueError for a range that is not two finite numbers >= 0, low < high, and for shares as
    `two_stage` does; SolveError where no point could be solved.
    """
    ranges = {"first_ridge": first_ridge, "second_ridge": second_ridge}
    box = Box.of(ranges, GRID)
    for name, low in zip(box.names, box.low, strict=True):
        checks.number(name, low)
    linear_only("training in two stages", problem)
    K = len(problem.sources)
    shares = jnp.ones(K).at[0].set(0.0) if first is None else checked_shares("first", first, (K,))
    smaller = compress_if_known(problem)
    groups = alike(smaller)

    def answer(first_ridge: Array, second_ridge: Array) -> tuple[Risk, Status]:
        ridges = jnp.stack([first_ridge, second_ridge])
        return two_stage_with_status(smaller, ridges, shares, groups)

    answers, on_edge, status = jax.jit(lambda: search(answer, box))()
    arguments, risk = solved(answers, status)
    return Optimum(arguments, risk, on_edge)
