"""Inputs labelled again every round, partly by the truth and partly by the last model."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from collapse_theory import checks
from collapse_theory.equivalent import Groups, Status, alike, solved
from collapse_theory.equivalent.complex_numbers import scaled
from collapse_theory.generations import check_rounds, check_rows, fresh_rounds
from collapse_theory.mixing import label_mixing
from collapse_theory.predict import predict_with_status
from collapse_theory.problem import Problem
from collapse_theory.risk import Risk
from collapse_theory.training.filters import SpectralFilter
from collapse_theory.training.spectral_filter import filtered_with_status


def relabelling(
    problem: Problem, rounds: checks.Whole, share: checks.Number = 1.0, *, rows: str = "same"
) -> Risk:
    """The excess test error where truth and model label n inputs anew every round, shape (rounds,).

        labels of round t:  (1 - a) (x.w_1 + eps_1) + a (x.w_hat_{t-1} + eps_2),      a = `share`,

    all label noise being fresh in every round.  Round 1 is `label_mixing(problem, a)`, with w_2 in the
    place of w_hat_0.  With a = 1 it is *replace* on the same inputs: self-distillation with noise.

    - `problem`: two sources, two labels of the same rows as in `label_mixing`;
    - `rows`: "same": all rounds have the inputs (and S) of round 1.  A direction of eigenvalue x, of
      which ridge regression leaves u = lambda / (x + lambda), is left after t rounds by

          r_t = u + a (1 - u) r_{t-1}, r_0 = 0, of w_1;   a^t (1 - u)^t reaches it of w_2 - w_1,

      and noise of round s has the gain of s' = t - s more rounds, a^s' (1 - u)^s': spectral filters of
      one draw, by two-point equivalents (ours).  Without a ridge 1 - u is a projection,

          E_t = B + V sum_{i<t} a^(2 i) + a^(2 (t-1)) zeta,   V of (1 - a)^2 sigma_1^2 + a^2 sigma_2^2,

      which is least in the end, for equal noises, at a real share 1 - a of one over the golden ratio,
      whatever n, d and the covariance (arXiv 2509.22341);
    - "fresh": inputs and S are drawn anew in every round, as in `generations`.

    Raises ValueError for arguments out of range and, with the same rows, for `moments`; SolveError as
    `predict` and `spectral_filter`.
    """
    check_rounds(problem, rounds)
    check_rows(rows)
    a = checks.number("share", share, most=1)
    first = label_mixing(problem, a)
    if rows == "fresh":
        return solved(*_fresh(first, int(rounds), a))
    if problem.moments is not None:
        raise checks.fail("moments", "an array", "None, with the same rows: a signal and a shift")
    ridge = checks.concrete(first.ridge)
    if ridge is not None and ridge == 0:
        return solved(*_projected(first, int(rounds), a))
    return solved(*_reused(first, int(rounds), a, alike(first)))


@eqx.filter_jit
def _fresh(first: Problem, rounds: int, a: Float[Array, ""]) -> tuple[Risk, Status]:
    return fresh_rounds(first, rounds, a)


@eqx.filter_jit
def _projected(first: Problem, rounds: int, a: Float[Array, ""]) -> tuple[Risk, Status]:
    risk, status = predict_with_status(first, alike(first))
    bias, variance, zeta = jax.tree.leaves(risk)
    powers = _powers(a, rounds)
    # Of what is infinite nothing is left after round 1 if no label of the model counts.
    faded = jnp.where(powers == 0, 0.0, powers * jnp.where(powers == 0, 0.0, zeta))
    return Risk(jnp.full(rounds, bias), jnp.cumsum(powers) * variance, faded), status


@eqx.filter_jit
def _reused(
    first: Problem, rounds: int, a: Float[Array, ""], groups: Groups | None
) -> tuple[Risk, Status]:

    def residuals(u: Complex[Array, " Q"]) -> Complex[Array, "filters Q"]:
        """Of the signal, and of labels that pass through so many models and are never renewed."""
        left, alone = [u], [u]
        for _ in range(rounds - 1):
            left.append(u + scaled(a, (1 - u) * left[-1]))
            alone.append(u + (1 - u) * alone[-1])
        return jnp.stack(left + alone)

    filters = SpectralFilter.around(first.ridge, residuals, rounds)
    risk, status = filtered_with_status(first, filters, groups)
    powers = _powers(a, rounds)
    bias = jnp.asarray(risk.bias)[:rounds]
    variance, zeta = (jnp.asarray(part)[rounds:] for part in (risk.variance, risk.zeta))
    return Risk(bias, jnp.cumsum(powers * variance), powers * zeta), status


def _powers(a: Float[Array, ""], rounds: int) -> Float[Array, " rounds"]:
    """1, a^2, a^4, ..."""
    return jnp.append(1.0, jnp.cumprod(jnp.full(rounds - 1, a * a)))
