"""How many seeds a precision takes, known before anything is simulated."""

import jax
import jax.numpy as jnp
import numpy as np

from collapse_theory import Problem
from collapse_theory.equivalent import solved
from collapse_theory.predict import predict_with_status
from collapse_theory.spread import spread_with_status
from simulations.sweep.run import problems_of
from simulations.sweep.study import Study
from simulations.sweep.theory import BLOCK, Stack, chunks
from workbench.records import Record, numbers

FEWEST, MOST = 2, 10_000_000


def relative_spreads(stacks: list[Stack]) -> np.ndarray:
    """The standard deviation of one draw's error over the error, for all problems in their order.

    NaN where theory has neither, as at the ridgeless threshold.
    """
    by_place: dict[int, float] = {}
    for stack in stacks:
        values = np.concatenate([np.asarray(_compiled(chunk)) for chunk in chunks(stack)])
        by_place |= dict(zip(stack.places, values[: len(stack.places)], strict=True))
    return np.array([by_place[place] for place in sorted(by_place)])


def with_precision(study: Study, precision: float) -> Study:
    """The study with the seeds that keep every standard error within `precision` of its error.

    The spread is that of drawn rows of each source: where it is averaged over which rows are synthetic
    (`exchangeable`) errors are smaller than asked for.  Points without a spread, as at the ridgeless
    threshold, do not count.
    Raises ValueError where no spread is known beforehand, or where it takes too many seeds.
    """
    if not 0 < precision < 1:
        raise ValueError(f"precision = {precision:g}: expected a number between 0 and 1, as 0.005")
    _, stacks = problems_of(study)
    known = study.run["measure"] != "trained" and study.run["features"] == "gaussian"
    if not known or any(stack.problems.width is not None for stack in stacks):
        raise ValueError(
            f"precision = {precision:g}: expected the averaged error of Gaussian features without a "
            "width, whose spread is known beforehand; give seeds in its place"
        )
    spreads = relative_spreads(stacks)
    if np.isnan(spreads).all():
        raise ValueError(
            f"precision = {precision:g}: expected a point with an error that is neither 0 nor infinite"
        )
    needed = np.nanmax(spreads) ** 2 / precision**2
    if needed > MOST:
        raise ValueError(f"precision = {precision:g}: expected one that takes no {needed:.2g} seeds")
    return study.with_changes({}, {"seeds": max(FEWEST, int(np.ceil(needed)))})


def kept(study: Study, rows: list[Record]) -> str:
    """How measured error bars compare with the predicted ones, in a sentence."""
    stderr, limit = numbers(rows, "stderr_total"), numbers(rows, "predicted_total")
    predicted = relative_spreads(problems_of(study)[1]) * limit / np.sqrt(study.run["seeds"])
    largest, ratio = np.nanmax(stderr / limit), np.nanmean(stderr / predicted)
    return (
        f"{study.run['seeds']} seeds: the largest standard error is {largest:.2%} of its error; "
        f"on average they are {ratio:.2f} of what theory expects"
    )


@jax.jit
def _compiled(problems: Problem) -> jax.Array:
    def one(problem: Problem) -> jax.Array:
        risk, status = predict_with_status(problem)
        deviation, _, _ = spread_with_status(problem)
        ratio = solved(deviation.total / risk.total, status)
        return jnp.where(jnp.isfinite(ratio), ratio, jnp.nan)

    return jax.lax.map(one, problems, batch_size=BLOCK)
