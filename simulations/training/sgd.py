"""`simulate_one_pass_sgd(problem, learning_rates)`: one sample after another, literally."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from collapse_theory import Problem, checks
from collapse_theory.activation import linear_only
from collapse_theory.checks import Matrix
from collapse_theory.equivalent import stack_linear
from collapse_theory.equivalent.algebra import Matrix as Factor
from collapse_theory.equivalent.algebra import product
from collapse_theory.multiplicity import written_out
from collapse_theory.training.schedule import Schedule
from collapse_theory.training.sgd import checked_projection, checked_start
from simulations.algebra import form
from simulations.draw import Constants
from simulations.measure import Measured, labelling_vectors
from simulations.plan import root
from simulations.seeds import Estimate, Number, over_seeds, summarise


class Run(NamedTuple):
    """The arrays of a training run."""

    constants: Constants
    schedule: Schedule
    start: Float[Array, " q"]  # w_0, or v_0 with a projection
    S: Float[Array, "d q"] | None
    after: Int[Array, " measured"]  # steps after which the risk is measured

    @property
    def ridges(self) -> Float[Array, " 1"]:
        """lambda: weight decay."""
        return self.constants.ridges


def simulate_one_pass_sgd(
    problem: Problem,
    learning_rates: Matrix,
    synthetic_fractions: Matrix | None = None,
    seeds: Number = 64,
    key: Number = 0,
    *,
    batch: Number = 1,
    start: Matrix | None = None,
    projection: Matrix | None = None,
    after: Sequence[int] | None = None,
    memory: Number = 2**32,
    progress: bool | Callable[[int], object] = False,
) -> Estimate:
    """Risk of one-pass SGD on fresh Gaussian samples, averaged over `seeds` runs.

    Every step draws `batch` samples: their sources, features and label noise; and moves

        w <- w - g_t [ (1/B) sum_i alpha_i (x_i.w - y_i) x_i + lambda w ],      y_i = x_i.w_k + noise,

    with z_i = S^T x_i in place of x_i where there is a `projection` S, the same in all runs, w = S v.
    Labelling vectors w_k are drawn once a run.  The weights are linear in the labels, so their signal
    (and the start), noise and shift are trained as three columns, on the same samples; their squared
    errors are bias, variance and zeta, and `total` the sum: cross terms have mean 0 and would only add
    noise (that of w_1 and the shifts, where `moments` correlate them, belongs to zeta).

    - `learning_rates`, `synthetic_fractions`, `start`, `projection`: as of `one_pass_sgd`;
    - `batch`: a whole number;
    - `after`: the numbers of steps after which the risk is measured, 0 for that of the start; None: all
      of them, 0, 1, ..., steps.  Arrays of the estimate have this length;
    - `key`, `memory`, `progress`: as in `simulate`.

    O(B d) a seed and step where covariances are eigenvalues, O(K B d^2) where they are matrices.

    Raises ValueError for arguments out of range, and ArithmeticError for a risk that is not finite:
    where steps are too long the error grows without end.
    """
    linear_only("one-pass SGD", problem)
    schedule = Schedule.of(problem, learning_rates, synthetic_fractions)
    steps = schedule.learning_rates.shape[0]
    size = _whole("batch", batch, 1)
    S = None if projection is None else checked_projection(problem, projection)
    if S is None and problem.width is not None:
        raise checks.fail("width", problem.width, "None, or projection=S, a matrix (d, width)")
    length = problem.entries if S is None else S.shape[1]
    begun = jnp.zeros(length) if start is None else checked_start(problem, start, S)
    if problem.multiplicities is not None:
        begun = jnp.repeat(begun, np.round(np.asarray(problem.multiplicities)).astype(int))
    problem = written_out(problem)
    d = problem.entries
    numbers = range(steps + 1) if after is None else [_whole("after", step, 0, steps) for step in after]
    run = Run(_constants(problem), schedule, begun, S, jnp.asarray(list(numbers), dtype=int))
    K = len(problem.sources)
    need = 8.0 * (size * ((2 + K) * d + 8) + 12 * d * K + 5 * (steps + 1))
    risks = over_seeds(trained, size, run, need, seeds, key, memory, progress)
    return summarise(risks, problem.moments is not None)


def _constants(problem: Problem) -> Constants:
    """The arrays of a problem, of which no sample is drawn in advance."""
    model = jax.tree.map(np.asarray, eqx.filter_jit(stack_linear)(problem))
    return Constants(
        counts=jnp.zeros(len(problem.sources)),
        weights=jnp.asarray(model.weights),
        noises=jnp.asarray(model.noises),
        covariances=jnp.asarray(model.covariances),
        roots=jnp.stack([jnp.asarray(root(covariance)) for covariance in model.covariances]),
        shifts=jnp.asarray(model.shifts),
        signal=jnp.asarray(model.signal),
        correlations=None if model.correlations is None else jnp.asarray(model.correlations),
        test_covariance=jnp.asarray(model.test_covariance),
        ridges=jnp.asarray(model.ridge)[None],
        width=None,
        scale=jnp.array(1.0),
        floor=jnp.array(0.0),
        pool=None,
    )


def _whole(name: str, value: object, least: int, most: int | None = None) -> int:
    expected = f"a whole number >= {least}" + ("" if most is None else f", at most {most}")
    whole = not isinstance(value, bool) and isinstance(value, int | np.integer)
    if not whole or value < least or (most is not None and value > most):  # type: ignore[operator]
        raise checks.fail(name, repr(value), expected)
    return int(value)  # type: ignore[call-overload]


def trained(key: Key[Array, ""], batch: int, run: Run, rank_revealing: bool = False) -> Measured:
    """(bias, variance, zeta) after some steps of one run; no equations are solved, no digits lost."""
    constants, schedule = run.constants, run.schedule
    vectors_key, steps_key = jax.random.split(key)
    vectors = labelling_vectors(vectors_key, constants)
    w_1 = vectors[0]
    none = jnp.zeros_like(w_1)
    truth = jnp.stack([w_1, none, none], axis=1)
    labels = jnp.stack([jnp.stack([w_1, none, w_k - w_1], axis=1) for w_k in vectors])

    def measured(v: Float[Array, "q 3"]) -> Float[Array, " 3"]:
        error = (v if run.S is None else run.S @ v) - truth
        parts = jax.vmap(lambda column: form(constants.test_covariance, column))(error.T)
        if constants.correlations is not None:
            crossed = jnp.sum(error[:, 0] * product(constants.test_covariance, error)[:, 2])
            parts = parts.at[2].add(2 * crossed)
        return parts

    def step(v: Float[Array, "q 3"], now: tuple[Array, Schedule]) -> tuple[Array, Array]:
        t, (rate, probabilities) = now
        source_key, features_key, noise_key = jax.random.split(jax.random.fold_in(steps_key, t), 3)
        chances = jnp.log(probabilities)  # -inf: never
        k = jax.random.categorical(source_key, chances, shape=(batch,))
        x = _rows(features_key, k, constants.roots)
        noise = jnp.sqrt(constants.noises[k]) * jax.random.normal(noise_key, (batch,))
        y = jnp.einsum("bi,bic->bc", x, labels[k]).at[:, 1].add(noise)
        z = x if run.S is None else x @ run.S
        residuals = constants.weights[k][:, None] * (z @ v - y)
        gradient = z.T @ residuals / batch + constants.ridges[0] * v
        return v - rate * gradient, measured(v)

    v_0 = jnp.zeros((run.start.shape[0], 3)).at[:, 0].set(run.start)
    steps = schedule.learning_rates.shape[0]
    last, earlier = jax.lax.scan(step, v_0, (jnp.arange(steps), schedule))
    risks = jnp.concatenate([earlier, measured(last)[None]])[run.after].T
    return risks, jnp.ones(risks.shape[1])


def _rows(
    key: Key[Array, ""], k: Int[Array, " batch"], roots: Float[Array, "K *matrix"]
) -> Float[Array, "batch d"]:
    """Features x = root_k normal, of source k[i] in row i."""
    normals = jax.random.normal(key, (*k.shape, roots.shape[1]))
    if roots.ndim == 2:
        return roots[k] * normals
    # All sources' rows, of which one each is wanted: cheaper than a matrix for every row.
    of_each: Factor = jnp.einsum("bi,kji->kbj", normals, roots)
    return jnp.take_along_axis(of_each, k[None, :, None], axis=0)[0]
