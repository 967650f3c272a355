"""Data divided among several models, or stages of one: each sample is used once."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from collapse_theory import checks
from collapse_theory.checks import concrete, fail
from collapse_theory.problem import Problem

ROUNDING = 1e-9  # of shares that add up to one


def part(problem: Problem, shares: Float[Array, " K"], ridge: Float[Array, ""]) -> Problem:
    """The problem of a model that is trained on the share shares_k of the samples of source k."""
    counts = [share * source.n for share, source in zip(shares, problem.sources, strict=True)]
    smaller = eqx.tree_at(lambda tree: [source.n for source in tree.sources], problem, counts)
    return eqx.tree_at(lambda tree: tree.ridge, smaller, ridge)


def has_data(problem: Problem) -> Bool[Array, ""]:
    """Whether any sample has a weight: `predict` wants at least one, a stage may have none."""
    return jnp.sum(jnp.stack([source.n * source.weight for source in problem.sources])) > 0


def filled(problem: Problem) -> Problem:
    """The problem itself, or where it has no data one that can be solved in its place."""
    some = has_data(problem)
    sources = problem.sources

    def numbers(tree: Problem) -> list[Any]:
        pairs = [(source.n, source.weight) for source in tree.sources]
        return [tree.ridge, *(number for pair in pairs for number in pair)]

    values = [problem.ridge, *(number for source in sources for number in (source.n, source.weight))]
    return eqx.tree_at(numbers, problem, [jnp.where(some, value, 1.0) for value in values])


def checked_shares(name: str, shares: checks.Matrix, shape: tuple[int, ...]) -> Float[Array, "..."]:
    """Shares in [0, 1] of this shape, which over models (rows, if there are several) make at most 1."""
    expected = f"shares in [0, 1], an array of shape {shape}"

    def allowed(array: np.ndarray) -> None:
        if (array < 0).any() or (array > 1).any():
            raise fail(name, array, expected)
        if array.ndim == 2 and (array.sum(axis=0) > 1 + ROUNDING).any():
            raise fail(name, array, "columns that add up to at most 1: a sample trains one model")

    array = checks.floating(name, shares, (len(shape),), expected, allowed)
    if array.shape != shape:
        raise fail(name, f"an array of shape {array.shape}", expected)
    return array


def checked_ridges(
    name: str, ridges: checks.Matrix | None, models: int, problem: Problem
) -> Float[Array, " models"]:
    """One ridge a model, by default the problem's for all."""
    if ridges is None:
        return jnp.full(models, problem.ridge)
    if isinstance(ridges, tuple | list):  # numbers, some of which may be traced
        if len(ridges) != models:
            raise fail(name, ridges, f"{models} numbers >= 0")
        return jnp.stack([checks.number(f"{name}[{i}]", ridge) for i, ridge in enumerate(ridges)])
    array = checks.floating(name, ridges, (1,), f"{models} numbers >= 0")
    values = concrete(array)
    if array.shape != (models,) or (values is not None and (values < 0).any()):
        shown = array if values is None else values
        raise fail(name, shown, f"{models} numbers >= 0")
    return array
