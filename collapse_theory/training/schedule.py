"""Schedules of a training run: the step size and the origin of the samples at every step."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.problem import Problem

ROUNDING = 1e-9  # of a sum of probabilities


class Schedule(NamedTuple):
    """What changes from step to step."""

    learning_rates: Float[Array, " steps"]
    probabilities: Float[Array, "steps K"]  # that a sample is of source k

    @classmethod
    def of(
        cls, problem: Problem, learning_rates: object, synthetic_fractions: object | None
    ) -> "Schedule":
        """The schedule of a user; see `one_pass_sgd` for the forms it may have.

        Raises ValueError for negative rates, fractions that are none, and lengths that disagree.
        """
        rates = _rates(learning_rates)
        fractions = _probabilities(problem, synthetic_fractions)
        lengths = {array.shape[0] for array in (rates, fractions) if array.shape[0] != 1}
        if rates.shape[0] == 1 and np.ndim(learning_rates) == 1:  # type: ignore[arg-type]
            lengths.add(1)
        if not lengths:
            raise checks.fail("learning_rates", learning_rates, "an array with a rate for every step")
        if len(lengths) > 1:
            shape = f"{fractions.shape[0]} steps"
            raise checks.fail("synthetic_fractions", shape, f"{rates.shape[0]}, as learning_rates have")
        (steps,) = lengths
        return cls(
            jnp.broadcast_to(rates, (steps,)),
            jnp.broadcast_to(fractions, (steps, len(problem.sources))),
        )


def _rates(learning_rates: object) -> Float[Array, " steps"]:
    expected = "numbers >= 0, one a step or one for all"

    def positive(array: np.ndarray) -> None:
        if (array < 0).any():
            raise checks.fail("learning_rates", array, expected)

    return jnp.atleast_1d(checks.floating("learning_rates", learning_rates, (0, 1), expected, positive))


def _probabilities(problem: Problem, fractions: object | None) -> Float[Array, "steps K"]:
    """One row for all steps, or one a step."""
    K = len(problem.sources)
    if fractions is None:
        samples = jnp.stack([source.n for source in problem.sources])
        return (samples / samples.sum())[None]
    of_each = f"an array (steps, {K}) of probabilities that sum to 1 over the sources"
    expected = f"numbers in [0, 1], one a step or one for all, or {of_each}" if K == 2 else of_each

    def in_range(array: np.ndarray) -> None:
        sums = array.sum(axis=1) if array.ndim == 2 else 1.0
        if (array < 0).any() or (array > 1).any() or (np.abs(np.subtract(sums, 1)) > ROUNDING).any():
            raise checks.fail("synthetic_fractions", array, expected)

    ndims = (0, 1, 2) if K == 2 else (2,)
    array = checks.floating("synthetic_fractions", fractions, ndims, expected, in_range)
    if array.ndim == 2:
        if array.shape[1] != K:
            raise checks.fail("synthetic_fractions", f"an array of shape {array.shape}", of_each)
        return array
    p_2 = jnp.atleast_1d(array)
    return jnp.stack([1 - p_2, p_2], axis=1)
