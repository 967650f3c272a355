"""What a model errs on its own training data, and how its test error is read off that."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.equivalent import ErrorSystem, Status, solve, solved, stack
from collapse_theory.problem import Problem


def training_error(problem: Problem) -> Float[Array, " K"]:
    """The mean squared residual on the training data of each source,

        (e_k / alpha_k)^2 E_k,        E_k the error on fresh data of source k, its noise included.

    0 where the model interpolates.  Raises SolveError as `predict` does.
    """
    errors, residue, status = _errors(problem)
    return solved(jnp.where(residue == 0, 0.0, residue**2 * errors), status)


def source_errors(problem: Problem) -> Float[Array, " K"]:
    """E_k, the mean squared error on fresh labelled data of each source, label noise included.

    Raises SolveError as `predict` does; +inf at the ridgeless interpolation threshold.
    """
    errors, _, status = _errors(problem)
    return solved(errors, status)


def generalised_cross_validation(problem: Problem, training_errors: checks.Matrix) -> Float[Array, " K"]:
    """Estimates of E_k from measured training errors of the sources, without a test set:

        training error_k / (e_k / alpha_k)^2.

    Of the problem only covariances, sizes, weights, ridge and width count.  For one source of the
    classical model it is the usual GCV, 1 - df1/n = e.  NaN where the model interpolates, and training
    errors say nothing.  Raises SolveError as `predict` does.
    """
    _, residue, status = _errors(problem)
    measured = jnp.asarray(training_errors, dtype=float)
    shown = jnp.where(residue == 0, jnp.nan, residue)
    return solved(measured / shown**2, status)


@eqx.filter_jit
def _errors(problem: Problem) -> tuple[Float[Array, " K"], Float[Array, " K"], Status]:
    """E_k, e_k / alpha_k."""
    equivalent = solve(stack(problem))
    errors, model = ErrorSystem(equivalent), equivalent.model
    forcing = errors.misfits(model.signal_moments) + errors.misfits(model.shift_moments)
    forcing += jnp.append(model.noises, 0.0)
    fed = errors.pulls[:-1] @ errors.solve(forcing[:, None])[:, 0]
    at_threshold = equivalent.regime.at_threshold
    total = jnp.where(at_threshold, jnp.inf, forcing[:-1] + fed)
    K = len(problem.sources)  # the last ones: a test set may come first
    residue = jnp.where(at_threshold, 0.0, equivalent.residue)
    return total[-K:], residue[-K:], equivalent.status
