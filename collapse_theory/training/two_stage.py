"""Two stages of training: the second regularises towards the model that the first has found."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.activation import linear_only
from collapse_theory.equivalent import Groups, Moments, Status, alike, solved
from collapse_theory.equivalent.algebra import Matrix, identity, product
from collapse_theory.problem import Problem
from collapse_theory.risk import Risk
from collapse_theory.training.division import checked_ridges, checked_shares, part
from collapse_theory.training.linear_model import LinearModel, form, train
from collapse_theory.training.one_projection import Fluctuation, OneProjection

STAGES = 2


def two_stage(
    problem: Problem,
    ridges: checks.Matrix | None = None,
    first: checks.Matrix | None = None,
) -> Risk:
    """The excess test error of fine-tuning: train on some of the data, then from there on the others.

        v_1 = argmin (1/n) sum_k alpha_k |y_k - Z_k v|^2 + lambda_1 |v|^2            (first part),
        v_2 = argmin (1/n) sum_k alpha_k |y_k - Z_k v|^2 + lambda_2 |v - v_1|^2      (second part),

    n the samples of the stage, w_hat = S v_2 with one projection S for both.  For one covariance, the
    classical model and real data in stage 2, whose effective ridge, degrees of freedom and samples are
    kappa, df_2 and n_2 (ours),

        risk = predict(stage 1, test_covariance = kappa^2 Sigma (Sigma + kappa)^-2 / (1 - df_2/n_2))
               + sigma^2 (df_2/n_2) / (1 - df_2/n_2) .

    In general stage 2 leaves H_S = I - G_S A of the error of stage 1, and what S does to both at once is
    in `OneProjection`.

    - `problem`: data, labels, width, test set; its `ridge` is the default of both stages;
    - `ridges`: (lambda_1, lambda_2), of the first stage (synthetic data, unless `first` says otherwise)
      and of the second (real data).  0 is the exact limit: the second stage then keeps the first where
      its data say nothing, and where they say everything it forgets it;
    - `first`: the share of each source's samples in the first stage, by default (0, 1, ..., 1): all
      synthetic data and no real ones.  The rest are in the second.  A stage without data does nothing.

    No sample is in both stages, labelling vectors are.  Bias, variance and zeta are the parts that are
    linear in Gamma, in the sigma_k^2 and in the Delta_k.  Differentiable in every continuous field and
    in the ridges, equal ones too.

    Raises ValueError for ridges or shares of the wrong number, negative, or shares above 1; SolveError
    as `predict` does.  +inf where a stage without a ridge is at its interpolation threshold (but a first
    one only if it is not forgotten).
    """
    linear_only("training in two stages", problem)
    K = len(problem.sources)
    shares = jnp.ones(K).at[0].set(0.0) if first is None else checked_shares("first", first, (K,))
    strengths = checked_ridges("ridges", ridges, STAGES, problem)
    return solved(*two_stage_with_status(problem, strengths, shares, alike(problem)))


@eqx.filter_jit
def two_stage_with_status(
    problem: Problem,
    ridges: Float[Array, " 2"],
    first: Float[Array, " K"],
    groups: Groups | None = None,
) -> tuple[Risk, Status]:
    """`two_stage` without its guard."""
    start, start_errors, start_status = train(part(problem, first, ridges[0]), groups)
    second, errors, status = train(part(problem, 1 - first, ridges[1]), groups)
    model, earlier = errors.model, start_errors.model
    here, there = errors.equivalent.basis, start_errors.equivalent.basis
    start = start.turned(None if here is None or there is None else here.T @ there)
    # What stage 2 forgets, be it infinite, does not matter, exactly.
    forgets = jnp.all(second.shrinkage == 0)
    if model.width is not None:
        forgets |= second.gap == 0
    start = jax.tree.map(lambda *leaves: jnp.where(forgets, *leaves), start.without_data(model), start)
    pair = OneProjection(start, second, model)
    misfits = Misfits(start, second, pair)

    # Label noise of stage 1, whatever fed it: signal, noise or shifts.
    forcing = [
        start_errors.misfits(earlier.signal_moments),
        jnp.append(earlier.noises, 0.0),
        start_errors.misfits(earlier.shift_moments),
    ]
    fitted = start_errors.fitted(jnp.stack(forcing, axis=-1))
    handed_on = jnp.where(forgets, 0.0, fitted)
    listeners = [Listener(B, pair.numbers(B)) for B in (*model.covariances, model.test_covariance)]
    gains = jnp.stack([misfits.gains(listener) for listener in listeners])

    def of(moments: Moments) -> Float[Array, " listeners"]:
        targets = [*range(len(listeners) - 1), 0]
        pairs = zip(listeners, targets, strict=True)
        return jnp.stack([misfits.of(moments, listener, target) for listener, target in pairs])

    forcing = [of(model.signal_moments), jnp.append(model.noises, 0.0), of(model.shift_moments)]
    fed = jnp.where(gains[..., None] == 0, 0.0, gains[..., None] * handed_on[None]).sum(axis=1)
    infinite = jnp.isinf(fed).any(axis=0)
    risk = errors.risk(jnp.stack(forcing, axis=-1) + jnp.where(infinite[None], 0.0, fed))
    risk = jnp.where(infinite, jnp.inf, risk)
    statuses = jax.tree.map(lambda *both: jnp.stack(both), start_status, status)
    return Risk(*risk), Status.worst(statuses)


class Listener(NamedTuple):
    """A covariance that errors are measured on, and what S adds there."""

    covariance: Matrix
    fluctuation: Fluctuation | None


class Response(NamedTuple):
    """How means answer to one vector: R of the error after both stages, x of w_hat_1, g of the rest."""

    error: Matrix
    increment: Matrix
    start: Matrix


class Misfits:
    """Squared errors E |w_hat - w_i|^2_B after both stages, the noise of the second left out.

    The mean of w_hat_2 - w_i is sum_j R_j v_j, that of w_hat_1 sum_j x_j v_j and that of the difference
    w_hat_2 - w_hat_1 sum_j g_j v_j, v_0 = w_1 and v_j the shift of the source of index j.
    """

    def __init__(self, start: LinearModel, second: LinearModel, pair: OneProjection):
        self.start, self.second, self.pair, self.model = start, second, pair, pair.model

    def of(self, moments: Moments, listener: Listener, target: int) -> Array:
        """Of vectors with these second moments; w_i is that of the source of index `target`."""
        responses = self._responses(target)
        errors = [
            self._error(listener, responses[j], moment, responses[k])
            for (j, k), moment in moments.items()
        ]
        return sum(errors, jnp.array(0.0))

    def gains(self, listener: Listener) -> Float[Array, " K"]:
        """What stands beside the f_k of stage 1: its noise answers as its mean does, x = G'."""
        pair = self.pair
        response = Response(pair.kept, -pair.forgotten, identity(pair.kept))
        return jnp.stack([self._error(listener, response, M, response) for M in self.start.noises])

    def _error(self, listener: Listener, left: Response, moment: Matrix, right: Response) -> Array:
        B, fluctuation = listener
        total = form(self.model, B, left.error, moment, right.error)
        if fluctuation is None:
            return total
        one = identity(B)
        total += fluctuation.b * form(self.model, one, left.increment, moment, right.increment)
        total += 2 * fluctuation.beta * form(self.model, one, left.increment, moment, right.start)
        return total + fluctuation.y * form(self.model, one, left.start, moment, right.start)

    def _responses(self, target: int) -> list[Response]:
        pair, start, second = self.pair, self.start, self.second
        responses = [Response(-pair.unlearnt, pair.increment, start.learnt)]
        for before, then in zip(start.pulls[1:], second.pulls[1:], strict=True):
            increment = then - product(pair.forgotten, before)
            responses.append(Response(product(pair.kept, before) + then, increment, before))
        if target > 0:
            others = [k for k in range(len(second.pulls)) if k != target]
            before = sum((start.pulls[k] for k in others), start.shrinkage)
            then = sum((second.pulls[k] for k in others), pair.eta * second.shrinkage)
            # kept G' P'_i + G P_i - I, without its cancellation.
            error = -(then + product(pair.kept, before))
            responses[target] = responses[target]._replace(error=error)
        return responses
