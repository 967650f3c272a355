"""Accumulate and subsample: rounds of one size, labelled by all earlier models in equal parts."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.equivalent import Status, solve, solved, stack
from collapse_theory.equivalent.handed_on import HandedOn
from collapse_theory.generations import check_rounds, until_infinite
from collapse_theory.problem import Problem
from collapse_theory.risk import Risk


def subsample(problem: Problem, rounds: checks.Whole) -> Risk:
    """The excess test error where synthetic labels come from all earlier models, shape (rounds,).

    `problem`, of two sources, is round 1.  In round t > 1 each of the n_2 synthetic samples is labelled
    by one of t labellers, with equal chances: w_2 of the problem and the models of rounds 1 .. t-1, with
    noise sigma_2^2.  Sample sizes stay; features, noise and S are drawn anew.  It is *accumulate and
    subsample* of arXiv 2410.16713 with fresh draws in place of a finite pool, whose samples return.

    Samples that one of several labellers has labelled at random are, to the fit, labelled by their mean
    w_1 + m_t with more noise (the mixture theorem, `mixture`):

        m_t = (delta_0 + ... + delta_{t-1}) / t,
        sigma^2_t = sigma_2^2 + (1/t) sum_s tr Sigma_2 E[delta_s delta_s^T] - tr Sigma_2 E[m_t m_t^T],

    so that m_{t+1} - m_t = (delta_t - m_t) / (t + 1), and three moments are handed on.  Without a ridge
    and with n_1 = 0 m_t is a martingale, and how much labellers disagree depends on kappa = d / (n - d)
    (ours).  If kappa < 1, n > 2 d, the error stays bounded, and to leading order in d / n it is that of
    `accumulate`, sigma^2 (d/n) sum 1/i^2, though a round trains on n samples, not on t n; what it still
    has to grow falls as t^-(1 - kappa).  If kappa > 1 the error grows as t^(kappa - 1), for ever.

    Raises ValueError unless there are two sources and at least one round; SolveError as `predict`.
    """
    check_rounds(problem, rounds)
    return solved(*_subsampled(problem, int(rounds)))


State = tuple[Array, Array, Array]  # E[m w_1^T], E[m m^T] and the mean of E[delta_s delta_s^T]


@eqx.filter_jit
def _subsampled(problem: Problem, rounds: int) -> tuple[Risk, Status]:
    equivalent = solve(stack(problem))
    handed_on, model = HandedOn(equivalent), equivalent.model
    none = jnp.zeros_like(model.signal)
    signals = jnp.stack([model.signal, none, none])
    sigma = model.covariances[1]

    def step(state: State, t: Array) -> tuple[State, Float[Array, " 3"]]:
        overlap, square, spreads = state
        rows = [[signals, _transposed(overlap)], [overlap, square]]
        moments = jnp.stack([jnp.stack(row, axis=1) for row in rows], axis=1)
        disagreement = model.traces(spreads - square, sigma)
        risk, spread = handed_on.fit(moments, handed_on.noises.at[:, 1].add(disagreement))
        toward, along = (
            handed_on.cross(moments[:, :, x]) for x in (0, 1)
        )  # E[delta w_1^T], E[delta m^T]
        square = (t**2 * square + t * (along + _transposed(along)) + spread) / (t + 1) ** 2
        return ((t * overlap + toward) / (t + 1), square, (t * spreads + spread) / (t + 1)), risk

    crossed = none if model.correlations is None else model.correlations[1, 0]
    shifts = jnp.stack([none, none, model.shifts[1]])
    first = (jnp.stack([none, none, crossed]), shifts, shifts)
    _, parts = jax.lax.scan(step, first, jnp.arange(1.0, rounds + 1))
    parts = jnp.where(equivalent.regime.at_threshold, parts[:1], parts)
    return Risk(*until_infinite(parts).T), equivalent.status


def _transposed(blocks: Array) -> Array:
    return jax.vmap(jnp.transpose)(blocks)
