"""The best settings of a problem: a coarse grid, then gradients through `predict`."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optimistix as optx
from jaxtyping import Array, Bool, Float

from collapse_theory import checks
from collapse_theory.compress import compress_if_known
from collapse_theory.equivalent import Status, alike, solved
from collapse_theory.predict import predict_with_status
from collapse_theory.problem import Problem
from collapse_theory.ranges import Box
from collapse_theory.risk import Risk
from collapse_theory.training.filters import SpectralFilter
from collapse_theory.training.spectral_filter import filtered_with_status

# Points of the coarse grid in all, and how many of its local minima are descended from.
GRID = 256
STARTS = 3
# Points of the grid that are computed at once: this bounds the memory, times the length of a curve.
AT_ONCE = 32
# Every objective is stationary in the coordinates of `Box` on an edge: descent starts beside it.
OFF_EDGE = 0.25
# Relative differences of risks that are rounding, and the risk that stands for none.
ROUNDING = 1e-12
NOTHING = 1e-300
DESCENT: optx.AbstractMinimiser = optx.BFGS(rtol=0.0, atol=1e-9)
# Superlinear convergence takes 10 to 20; more are halvings of a step that is lost in rounding.
STEPS = 50

Arguments = dict[str, Float[Array, ""]]
# What is trained: ridge regression, or the spectral filter that takes its place.
Trained = Problem | tuple[Problem, SpectralFilter]


class Optimum(eqx.Module):
    """The arguments of smallest error, and that error.

    - `arguments`: name -> value; of a size or a width, any real number;
    - `risk`: the prediction there;
    - `on_edge`: name -> whether the value is an end of its range, which then decided it.

    In derivatives the arguments are constants, which is exact for `risk` (the envelope theorem).
    """

    arguments: Arguments
    risk: Risk
    on_edge: dict[str, Bool[Array, ""]]


def best(problem_of: Callable[..., Trained], **ranges: checks.Range) -> Optimum:
    """The arguments, each within its range, at which predict(problem_of(**arguments)) is smallest.

        minimise  predict(problem_of(x_1, ..., x_k)).total    over    low_i <= x_i <= high_i

    A grid covers the ranges (in the logarithm where 0 < 10 low < high), because errors have several
    minima: double descent.  BFGS descends from the best few on the grid, and the result is no worse
    than the grid.  Minima narrower than a step, 1/256 of one range or 1/16 of each of two, may be
    missed.  Arguments are as precise as a minimum of rounded errors can be, about 1e-8 of a range.
    Where the error is +inf everywhere, so is the risk.

    `problem_of` returns a Problem, or a pair of a Problem and a `SpectralFilter`, which is trained in
    place of ridge regression: the best time to stop is

        best(lambda time: (problem, SpectralFilter.flow(time)), time=(0.1, 1e4))

    Numbers that `problem_of` refers to may be traced: a curve of best settings is one program,
    `jit(vmap(lambda n: best(lambda ridge: ..., ridge=(1e-6, 10))))(sizes)`.  By itself each call
    compiles anew, some seconds.

    Raises ValueError for a range that is not two finite numbers, low < high, or that leaves what
    `problem_of` accepts, and SolveError where no point could be solved (inside `jit` or `vmap`
    the answer is NaN).
    """
    box = Box.of(ranges, GRID)
    _check(problem_of, box)
    answer, on_edge, status = jax.jit(lambda: search(lambda **x: _predicted(problem_of(**x)), box))()
    arguments, risk = solved(answer, status)
    return Optimum(arguments, risk, on_edge)


def search(
    answer_of: Callable[..., tuple[Risk, Status]], box: Box
) -> tuple[tuple[Arguments, Risk], dict[str, Array], Status]:
    """The arguments in the box whose risk is smallest, and it; which are on an edge; a status."""
    grid = box.grid()
    # As a function of the numbers that it refers to, too: the search needs no derivatives in them.
    predicted, numbers = jax.closure_convert(
        lambda position: answer_of(**box.arguments(position)), grid[0]
    )
    fixed = jax.lax.stop_gradient(numbers)

    def log_error(position: Float[Array, " k"]) -> Float[Array, ""]:
        return _log_error(*predicted(position, *fixed))

    errors = jax.lax.map(log_error, grid, batch_size=AT_ONCE)
    lowest, spread = _local_minima(errors.reshape(box.shape))
    starts = grid[lowest]

    def descend(start: Float[Array, " k"], error: Float[Array, ""], spread: Float[Array, ""]) -> Array:
        # Neighbours on the grid differ by order one, in position and in objective.
        def objective(position: Float[Array, " k"], _: None) -> Float[Array, ""]:
            return (log_error(position) - error) / spread

        inside = jnp.clip(start, OFF_EDGE, box.steps - OFF_EDGE)
        end = optx.minimise(objective, DESCENT, inside, max_steps=STEPS, throw=False).value
        return jnp.where(jnp.isfinite(end), end, start)

    ends = jax.vmap(descend)(starts, errors[lowest], spread)
    # Of errors that differ by rounding the first is chosen: that on an edge, if one is.
    candidates = jnp.concatenate([jax.vmap(box.snap)(ends), ends, starts])
    answers = jax.vmap(lambda position: predicted(position, *numbers))(candidates)
    errors = jax.vmap(_log_error)(*answers)
    chosen = jnp.argmax(errors <= errors.min() + ROUNDING)
    risk, status = jax.tree.map(lambda leaf: leaf[chosen], answers)
    position = candidates[chosen]
    return (box.arguments(position), risk), box.on_edge(position), status


def _predicted(trained: Trained) -> tuple[Risk, Status]:
    if isinstance(trained, tuple):
        return filtered_with_status(*trained, alike(trained[0]))
    smaller = compress_if_known(trained)
    return predict_with_status(smaller, alike(smaller))


def _log_error(risk: Risk, status: Status) -> Float[Array, ""]:
    usable = status.converged & ~jnp.isnan(risk.total)
    return jnp.where(usable, jnp.log(jnp.maximum(risk.total, NOTHING)), jnp.inf)


def _local_minima(errors: Float[Array, "*grid"]) -> tuple[Array, Array]:
    """Indices of the best `STARTS` local minima of a grid, and how much neighbours exceed them."""
    window = ((3,) * errors.ndim, (1,) * errors.ndim, "SAME")
    around = jax.lax.reduce_window(errors, jnp.inf, jax.lax.min, *window)
    finite = jnp.where(jnp.isfinite(errors), errors, -jnp.inf)
    spread = jax.lax.reduce_window(finite, -jnp.inf, jax.lax.max, *window) - errors
    minima = jnp.where(errors <= around, errors, jnp.inf).ravel()
    index = jax.lax.top_k(-minima, STARTS)[1]
    index = jnp.where(jnp.isfinite(minima[index]), index, index[0])
    spread = spread.ravel()[index]
    return index, jnp.where((spread > 0) & jnp.isfinite(spread), spread, 1.0)


def _check(problem_of: Callable[..., Trained], box: Box) -> None:
    """Let `problem_of` reject the ends of ranges while the numbers can still be read."""
    for i in range(len(box.names)):
        for end in (0, box.steps):
            position = np.full(len(box.names), box.steps / 2)
            position[i] = end
            trained = problem_of(**box.arguments(jnp.asarray(position)))
            problem, *filters = trained if isinstance(trained, tuple) else (trained,)
            known = isinstance(problem, Problem) and len(filters) < 2
            if not known or not all(isinstance(filter, SpectralFilter) for filter in filters):
                expected = "a Problem, or a Problem and a SpectralFilter"
                raise checks.fail("problem_of(...)", repr(trained), expected)
