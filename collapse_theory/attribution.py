"""Which source hurts: the price of its labels, and what one more of its samples is worth."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.equivalent import ErrorSystem, Status, solve, solved, stack
from collapse_theory.predict import predict_with_status
from collapse_theory.problem import Problem
from collapse_theory.risk import Risk


def zeta_by_source(problem: Problem) -> Float[Array, " K"]:
    """The share of each source in zeta: what the error would lose if its labels were w_1's.

    zeta is linear in the Delta_k, so the shares add up to `predict(problem).zeta`; that of real data
    is 0.  Without a ridge and as n -> infinity, for one Sigma, share k is p_k^2 c_k^2.

    Raises SolveError as `predict` does, and ValueError for a problem with `moments`: correlated shifts
    have no shares.
    """
    if problem.moments is not None:
        raise checks.fail(
            "moments",
            f"an array of shape {problem.moments.shape}",
            "None: correlated labels have no shares of zeta",
        )
    return solved(*_zeta_by_source(problem))


@eqx.filter_jit
def _zeta_by_source(problem: Problem) -> tuple[Float[Array, " K"], Status]:
    equivalent = solve(stack(problem))
    errors = ErrorSystem(equivalent)
    shifts = enumerate(equivalent.model.shifts)
    forcing = [errors.misfits({(k, k): shift}) for k, shift in shifts]
    shares = errors.risk(jnp.stack(forcing, axis=-1))
    return shares[-len(problem.sources) :], equivalent.status


def marginal_risk(problem: Problem) -> Risk:
    """d risk / d n_k, each part of shape (K,): what one more sample of source k is worth.

    A negative `total` says that more of source k helps, a positive one that it hurts.  The other
    n_j and the ridge lambda, which multiplies |v|^2 beside the *mean* loss, stay as they are.  A
    source of n_k = 0 gets the derivative from the right: whether to start collecting it at all.

    Raises SolveError as `predict` does.  NaN at the ridgeless interpolation threshold, where the
    risk is infinite.
    """
    return solved(*_marginal_risk(problem))


@eqx.filter_jit
def _marginal_risk(problem: Problem) -> tuple[Risk, Status]:
    def counts(problem: Problem) -> list:
        return [source.n for source in problem.sources]

    def risk(n: Float[Array, " K"]) -> tuple[Risk, tuple[Risk, Status]]:
        risk, status = predict_with_status(eqx.tree_at(counts, problem, list(n)))
        return risk, (risk, status)

    slope, (value, status) = jax.jacfwd(risk, has_aux=True)(jnp.stack(counts(problem)))
    return jax.tree.map(lambda part: jnp.where(jnp.isinf(value.total), jnp.nan, part), slope), status
