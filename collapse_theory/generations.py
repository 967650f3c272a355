"""Models trained on the labels of earlier models, round after round."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.activation import linear_only
from collapse_theory.equivalent import Status, solve, solved, stack
from collapse_theory.equivalent.handed_on import HandedOn
from collapse_theory.predict import predict_with_status
from collapse_theory.problem import Problem, Source
from collapse_theory.risk import Risk

ROWS = ("fresh", "same")


def generations(problem: Problem, rounds: checks.Whole) -> Risk:
    """The excess test error after each round of training on fresh data, shape (rounds,).

    `problem` has two sources, real and synthetic, and is round 1.  In round t > 1 the synthetic
    labels are those of the model of round t-1, w_2 = w_hat_{t-1}, with label noise sigma_2^2; sample
    sizes stay, and features, noise and the projection S are drawn anew.  So with shift 0 (round 1 all
    real) p_2 = 1 is *replace*, 0 < p_2 < 1 *mixing* at a fixed real fraction, and a shift > 0 the
    paper's *iterative mixing* (section 5, Corollary 3).  delta_t = w_hat_t - w_1 is all that is
    handed on; with the mean predictor w_bar of round t, whose labels carry delta_{t-1},

        E[delta_t w_1^T]     = E[(w_bar - w_1) w_1^T],
        E[delta_t delta_t^T] = E[(w_bar - w_1)(w_bar - w_1)^T]
                               + sum_k (p_k e_k^2 E_k / n) G_S Sigma_k G_S.

    The parts stay those of the first labels: bias of the signal, variance of all label noise so far,
    zeta of the first shift.  The recursion is linear in each: it can contract, or grow for ever, and
    what has left the range of float64 is inf.

    Raises ValueError unless there are two sources and at least one round; SolveError as `predict`.
    """
    check_rounds(problem, rounds)
    return solved(*fresh_rounds(problem, int(rounds)))


def accumulate(problem: Problem, rounds: checks.Whole, *, rows: str = "fresh") -> Risk:
    """The excess test error where every round keeps all data of earlier rounds, shape (rounds,).

    Round 1 is `problem`; round t > 1 adds n_2 samples labelled by w_hat_{t-1} (noise sigma_2^2) and
    trains on all N_t = n_1 + t n_2 samples, with the same projection S and the same ridge on the
    *sum* of squares: lambda_t = lambda n / N_t.  The new labels agree with the last model, so the fit
    moves only by their noise, w_hat_t = w_hat_{t-1} + (Z_t^T Z_t + lambda n)^-1 z^T eps, a martingale:

        E_t = E_1 + sum_{i=2}^t V_i,    V_i = variance that the n_2 newest of N_i samples cause.

    Batches of one source are exchangeable: V_i is n_2 / N_i of Theorem 1's or 2's V if all is alike.
    Without a ridge, p_2 = 1: E_t = sigma^2 sum_i d / (i (i n - d)) at large n, d (i n - d - 1 instead
    of i n - d is exact for any n > d + 1): bounded by pi^2/6 of the first round (Gerstgrasser et al.,
    arXiv 2404.01413, reuse one design, where sum 1/i^2 is exact).

    - `rows`: "same" in place of "fresh": every round labels the n_2 inputs of round 1 once more, and
      keeps all labels that they have had.  N_t rows are then n_1 + n_2 inputs, and by round i

          w_hat_i = w_hat_{i-1} + H_i^-1 alpha_2 Z_2^T eps_i,
          H_i     = alpha_1 Z_1^T Z_1 + i alpha_2 Z_2^T Z_2 + lambda n,
          V_i     = 1/i^2 of the variance that noise of source 2 alone makes if each of its samples
                    weighs i alpha_2, with the ridge lambda (ours),

      so that without a ridge and with p_2 = 1 E_t = V sum_i 1/i^2 exactly, at every size: the design of
      Gerstgrasser et al.

    Raises ValueError unless there are two sources and at least one round, and for other `rows`;
    SolveError as `predict`.
    """
    check_rounds(problem, rounds)
    check_rows(rows)
    return solved(*(_reused if rows == "same" else _accumulated)(problem, int(rounds)))


def check_rounds(problem: Problem, rounds: checks.Whole) -> None:
    linear_only("models that label for others", problem)
    if len(problem.sources) != 2:
        raise checks.fail("sources", f"{len(problem.sources)} sources", "two, real and synthetic")
    if isinstance(rounds, bool) or not isinstance(rounds, int | np.integer) or rounds < 1:
        raise checks.fail("rounds", repr(rounds), "a whole number >= 1")


def check_rows(rows: object) -> None:
    """Raises ValueError for what is neither fresh nor the same."""
    if rows not in ROWS:
        raise checks.fail("rows", repr(rows), " or ".join(map(repr, ROWS)))


@eqx.filter_jit
def fresh_rounds(
    problem: Problem, rounds: int, strength: Float[Array, ""] | float = 1.0
) -> tuple[Risk, Status]:
    """`generations` without its guard; of the last model's error labels take the part `strength`.

    Labels of source 2 are then (1 - strength) w_1 + strength w_hat_{t-1}.
    """
    equivalent = solve(stack(problem))
    handed_on, model = HandedOn(equivalent), equivalent.model
    none = jnp.zeros_like(model.signal)
    signals = jnp.stack([model.signal, none, none])

    def step(handed: tuple[Array, Array], _: None) -> tuple[tuple[Array, Array], Float[Array, " 3"]]:
        overlap, spread = handed
        blocks = [[signals, jax.vmap(jnp.transpose)(overlap)], [overlap, spread]]
        moments = jnp.stack([jnp.stack(row, axis=1) for row in blocks], axis=1)
        risk, spread = handed_on.fit(moments)
        overlap = handed_on.cross(moments[:, :, 0])
        return (strength * overlap, strength**2 * spread), risk

    crossed = none if model.correlations is None else model.correlations[1, 0]
    first = (jnp.stack([none, none, crossed]), jnp.stack([none, none, model.shifts[1]]))
    _, parts = jax.lax.scan(step, first, length=rounds)
    # What is infinite after one round has no moments to hand on.
    parts = jnp.where(equivalent.regime.at_threshold, parts[:1], parts)
    return Risk(*until_infinite(parts).T), equivalent.status


def until_infinite(parts: Float[Array, "rounds 3"]) -> Float[Array, "rounds 3"]:
    """The parts, +inf from where one has left the range of float64: it is positive, and stays so."""
    too_large = jnp.cumsum(~jnp.isfinite(parts), axis=0) > 0
    return jnp.where(too_large, jnp.inf, parts)


@eqx.filter_jit
def _accumulated(problem: Problem, rounds: int) -> tuple[Risk, Status]:
    """With fresh rows."""
    real, synthetic = problem.sources
    n = real.n + synthetic.n
    settings = (problem.width, problem.test_covariance, None, problem.multiplicities)

    def newest(i: Array) -> tuple[Array, Status]:
        """V_i: label noise of the newest samples only."""
        total = real.n + i * synthetic.n
        sources = (
            Source(real.n, real.covariance, 0.0, 0.0, real.weight),
            Source((i - 1) * synthetic.n, synthetic.covariance, 0.0, 0.0, synthetic.weight),
            Source(synthetic.n, synthetic.covariance, synthetic.noise, 0.0, synthetic.weight),
        )
        later = Problem(sources, 0.0, problem.ridge * n / total, *settings)
        risk, status = predict_with_status(later)
        return jnp.asarray(risk.variance), status

    return _adding_up(problem, rounds, newest)


@eqx.filter_jit
def _reused(problem: Problem, rounds: int) -> tuple[Risk, Status]:
    """With the same rows."""
    real, synthetic = problem.sources
    settings = (problem.width, problem.test_covariance, None, problem.multiplicities)

    def newest(i: Array) -> tuple[Array, Status]:
        """V_i: label noise of the last labels only, a 1/i of all that their inputs have."""
        sources = (
            Source(real.n, real.covariance, 0.0, 0.0, real.weight),
            Source(synthetic.n, synthetic.covariance, synthetic.noise, 0.0, i * synthetic.weight),
        )
        risk, status = predict_with_status(Problem(sources, 0.0, problem.ridge, *settings))
        return jnp.asarray(risk.variance) / i**2, status

    return _adding_up(problem, rounds, newest)


def _adding_up(
    problem: Problem, rounds: int, newest: Callable[[Array], tuple[Array, Status]]
) -> tuple[Risk, Status]:
    """Risks of a martingale, whose step i adds the variance newest(i)."""
    first, status = predict_with_status(problem)
    bias, variance, zeta = jax.tree.leaves(first)
    variances, statuses = jax.vmap(newest)(jnp.arange(2.0, rounds + 1))
    grown = variance + jnp.append(0.0, jnp.cumsum(variances))
    worst = Status.worst(jax.tree.map(jnp.append, statuses, status))
    return Risk(jnp.full(rounds, bias), grown, jnp.full(rounds, zeta)), worst
