"""One-pass stochastic gradient descent: the risk after every step, exact at finite dimension."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.activation import linear_only
from collapse_theory.checks import Matrix, Number
from collapse_theory.common_basis import (
    batch_of_one,
    common_basis,
    covariances,
    diagonalised,
    is_known,
    single,
)
from collapse_theory.equivalent import stack
from collapse_theory.equivalent.algebra import expand
from collapse_theory.problem import Problem
from collapse_theory.risk import Risk
from collapse_theory.training.schedule import Schedule
from collapse_theory.training.second_moments import Cause, Dynamics, Moments, beginning, causes


def one_pass_sgd(
    problem: Problem,
    learning_rates: Matrix,
    synthetic_fractions: Matrix | None = None,
    *,
    batch: Number = 1,
    start: Matrix | None = None,
    projection: Matrix | None = None,
) -> Risk:
    """The excess test error of one-pass SGD after t = 0, 1, ..., steps steps: shape (steps + 1,).

    Every step sees `batch` fresh samples, each of source k with probability p_k(t), independently:

        w <- w - g_t [ (1/B) sum_i alpha_i (x_i.w - y_i) x_i + lambda w ],    g_t = learning_rates[t],

    half the gradient of the loss of `Problem` (so that a step of the gradient of the full squares is
    twice as long).  Entry 0 is the error of the start, entry t that after t steps, t B samples.  The
    mean is over samples, which of them are synthetic, noise, w_1 and shifts; it is exact at every
    dimension, not a limit, for Gaussian features (ours):

        E[e e^T], E[w_1 e^T], E[delta_k e^T]  of  e = w - w_1  close under a step, by Isserlis' theorem.

    With one covariance, its eigenvalues s, batch 1, no ridge, a = E e_i^2, b = E e_i delta_i, a step
    averages over z = 1 for a synthetic sample and 0 for a real one; with U = a - 2 z b + z Delta

        a <- a - 2 g s (a - z b) + g^2 (2 s^2 U + s (s.U) + sigma^2 s),    b <- b - g s (b - z Delta).

    `bias` is what is left of the signal (and of `start`), `variance` comes from label noise, `zeta` from
    the shifts.  At constant rates and fractions the error tends to a plateau, for small rates that of
    `plateau(problem)`; with real data last, falling rates and no ridge there is none.

    - `learning_rates`: g_t >= 0, shape (steps,), or a number for all steps;
    - `synthetic_fractions`: p_2(t), shape (steps,) or a number, for two sources; for any number of
      sources p_k(t), shape (steps, K), rows of sum 1; None: p_k = n_k / n of the problem at every step,
      of which nothing else depends on the n_k;
    - `batch`: B >= 1;  `start`: w_0, shape (d,), 0 if None; with a projection v_0, shape (m,);
    - `projection`: S, shape (d, m), in place of a width: z = S^T x is seen, w = S v, and the same step
      moves v; exact for this S, over which there is no closed mean at finite d.

    O(K^2 d) a step where covariances are eigenvalues or known matrices that commute, otherwise, and
    with a projection, O(K^2 d^3).  Derivatives in schedules and numbers of the problem pass through.
    Where steps are too long the error grows, and what has left the range of float64 is inf.
    `multiplicities` are exact, and those of `compress` to rounding (4e-15 after 20,000 steps).

    Raises ValueError for a problem with a width but no projection, for shapes that disagree and for
    numbers out of range.
    """
    schedule = Schedule.of(problem, learning_rates, synthetic_fractions)
    settings = settings_of(problem, batch, start, projection)
    return Risk(*_parts(*settings, schedule).T)


Settings = tuple[Problem, Float[Array, ""], Float[Array, " _"] | None, Float[Array, "d m"] | None]


def settings_of(
    problem: Problem, batch: object, start: object | None, projection: object | None
) -> Settings:
    """The arguments checked, in eigenvectors where these are known to be common."""
    linear_only("one-pass SGD", problem)
    size = checks.number("batch", batch)
    known = checks.concrete(size)
    if known is not None and known < 1:
        raise checks.fail("batch", batch, "a number of samples >= 1")
    S = None if projection is None else checked_projection(problem, projection)
    if S is None and problem.width is not None:
        expected = (
            "None, or projection=S, a matrix (d, width): there is no closed mean over S at finite d"
        )
        raise checks.fail("width", problem.width, expected)
    w_0 = None if start is None else checked_start(problem, start, S)
    if S is not None or problem.is_diagonal or not is_known(problem):
        return problem, size, w_0, S
    turned = diagonalised(batch_of_one(problem))
    if turned is None:
        return problem, size, w_0, None
    if w_0 is not None:
        matrices = [expand(array, 2) for array in covariances(problem) if array.ndim]
        basis = common_basis([jax.device_get(matrix) for matrix in matrices])
        w_0 = jnp.asarray(basis).T @ w_0
    return single(turned), size, w_0, None


def checked_projection(problem: Problem, projection: object) -> Float[Array, "d m"]:
    """S.  Raises ValueError unless it is a d x m matrix, m the width if the problem has one."""
    expected = f"a matrix of {problem.entries} rows"
    S = checks.floating("projection", projection, (2,), expected)
    if problem.multiplicities is not None:
        raise checks.fail(
            "projection", f"an array of shape {S.shape}", "None, as there are multiplicities"
        )
    if S.shape[0] != problem.entries:
        raise checks.fail("projection", f"an array of shape {S.shape}", expected)
    width = None if problem.width is None else checks.concrete(problem.width)
    if width is not None and width != S.shape[1]:
        raise checks.fail("projection", f"an array of shape {S.shape}", f"{width:g} columns, the width")
    return S


def checked_start(problem: Problem, start: object, S: Float[Array, "d m"] | None) -> Float[Array, " _"]:
    """w_0 or v_0.  Raises ValueError for another length."""
    length = problem.entries if S is None else S.shape[1]
    vector = checks.floating("start", start, (1,), f"a vector of length {length}")
    if vector.shape != (length,):
        raise checks.fail("start", f"an array of shape {vector.shape}", f"a vector of length {length}")
    return vector


@eqx.filter_jit
def _parts(
    problem: Problem,
    batch: Float[Array, ""],
    start: Float[Array, " _"] | None,
    S: Float[Array, "d m"] | None,
    schedule: Schedule,
) -> Float[Array, "_ 3"]:
    dynamics, cause = prepared(problem, batch, start, S)
    risks, _ = evolve(dynamics, cause, schedule)
    # Infinity minus infinity: what has left the range of float64 has grown, and goes on to.
    return jnp.where(jnp.cumsum(~jnp.isfinite(risks), axis=0) > 0, jnp.inf, risks)


def prepared(
    problem: Problem,
    batch: Float[Array, ""],
    start: Float[Array, " _"] | None = None,
    S: Float[Array, "d m"] | None = None,
) -> tuple[Dynamics, Cause]:
    """What every step needs, and the causes of bias, variance and zeta."""
    if S is None:
        model = stack(problem)
        return Dynamics.of(model, batch, None), causes(model, start)
    # S S^T shares no eigenvectors with anything: one covariance that is a matrix makes all matrices.
    Sigma = problem.sources[0].covariance
    matrix = Sigma * jnp.eye(problem.entries) if Sigma.ndim == 0 else expand(Sigma, 2)
    model = stack(eqx.tree_at(lambda tree: tree.sources[0].covariance, problem, matrix))
    return Dynamics.of(model, batch, S @ S.T), causes(model, None if start is None else S @ start)


def evolve(
    dynamics: Dynamics, cause: Cause, schedule: Schedule
) -> tuple[Float[Array, "_ parts"], Float[Array, " parts"]]:
    """The risk from each cause before the first and after every step, and after the last."""
    model = dynamics.model

    # Derivatives need the moments before each step, from which the rest is computed again.
    @jax.checkpoint
    def step(before: Moments, now: Schedule) -> Moments:
        return jax.vmap(lambda c, moments: dynamics.step(c, moments, *now))(cause, before)

    def risks(moments: Moments) -> Float[Array, " parts"]:
        return jax.vmap(lambda error: model.trace(model.test_covariance, error))(moments.error)

    def one(before: Moments, now: Schedule) -> tuple[Moments, Float[Array, " parts"]]:
        return step(before, now), risks(before)

    last, earlier = jax.lax.scan(one, jax.vmap(beginning)(cause), schedule)
    final = risks(last)
    return jnp.concatenate([earlier, final[None]]), final
