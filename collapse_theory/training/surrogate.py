"""The best labels to train on: those of the truth are not."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.activation import linear_only
from collapse_theory.equivalent import Equivalent, ErrorSystem, Status, alike, solve, solved, stack
from collapse_theory.equivalent.algebra import Matrix, identity, product
from collapse_theory.equivalent.arrays import Moments
from collapse_theory.equivalent.groups import Groups
from collapse_theory.predict import forcing_of
from collapse_theory.problem import Problem
from collapse_theory.risk import Risk


class Surrogate(eqx.Module):
    """The surrogate model w_s = F w_1 whose labels, in the place of true ones, make the best student.

    - `factors`: F, shape (d,), a factor for each eigenvalue, or (d, d) where covariances are matrices;
      directions are amplified where it is above 1, and shrunk where below;
    - `risk`: of the student; zeta is all that its surrogate labels change, and negative;
    - `true_labels`: the risk with F = I.
    """

    factors: Float[Array, " *matrix"]
    risk: Risk
    true_labels: Risk


def best_surrogate(problem: Problem, source: checks.Whole = 2) -> Surrogate:
    """The linear map F of the truth that source k should be labelled by: w_k = F w_1 + eta_k.

        minimise over F   E |w_hat - w_1|^2_{Sigma_test},      a quadratic in F.

    With Phi = F - I, responses w_bar - w_l = (R_0 + R_k Phi) w_1 of the mean predictor (their R_k by
    target l), the risk is sum_l a_l tr Sigma_l E[(w_bar - w_l)(w_bar - w_l)^T] + noise, where a_l is the
    risk that a unit of noise on source l makes (1 for the test set), so that

        (sum_l a_l R_k^T Sigma_l R_k + c P^T G^2 P) Phi = -(sum_l a_l R_k^T Sigma_l R_0 + c P^T G^2 A),

    P = p_k e_k Sigma_k and c = sum_l a_l nu'(.) tr Sigma_l G^2 with a width: one linear solve, or one
    division for each eigenvalue.  F depends neither on the signal nor on the noises (ours; for one
    source without a width arXiv 2410.18837).  For one source of the test covariance, theta = Sigma
    (Sigma + kappa)^-1 and u = tr theta^2 / n,

        F = theta / (theta^2 + (u / (1 - u)) (1 - theta)^2),

    above 1 where an eigenvalue exceeds kappa u / (1 - u); with endless data and a ridge F = 1 / theta.

    - `problem`: its signal and shifts as always, those of source k included: an error eta_k that stays;
    - `source`: k, 2 or more, so that source 1 may be real data beside it, or empty (n = 0).

    F is 1 in directions that labels of source k do not reach, and at the interpolation threshold.

    Raises ValueError for `moments` and for a source that is not there; SolveError as `predict`.
    """
    if problem.moments is not None:
        raise checks.fail("moments", "an array", "None: a signal, of which surrogates are maps")
    known = isinstance(source, int | np.integer) and not isinstance(source, bool)
    if not known or not 2 <= source <= len(problem.sources):
        expected = f"a whole number from 2 to {len(problem.sources)}, a source of the problem"
        raise checks.fail("source", repr(source), expected)
    linear_only("the best surrogate", problem)
    return solved(*_best(problem, int(source) - 1, alike(problem)))


@eqx.filter_jit
def _best(problem: Problem, k: int, groups: Groups | None) -> tuple[Surrogate, Status]:
    equivalent = solve(stack(problem), groups)
    errors, model = ErrorSystem(equivalent), equivalent.model
    change = _change(equivalent, errors, k)
    tilted = product(change, model.signal)
    surrogate: Moments = {(0, k): tilted.T, (k, 0): tilted, (k, k): product(tilted, change.T)}
    forcing = forcing_of(errors)
    more = forcing.at[:, 2].add(errors.misfits(surrogate))
    factors = identity(change) + change
    basis = equivalent.basis
    turned = factors if basis is None else basis @ factors @ basis.T
    risks = (Risk(*errors.risk(columns)) for columns in (more, forcing))
    return Surrogate(turned, *risks), equivalent.status


def _change(equivalent: Equivalent, errors: ErrorSystem, k: int) -> Matrix:
    """Phi = F - I."""
    model, predictor, G = equivalent.model, errors.predictor, equivalent.G
    listeners = len(errors.listeners)
    # What a unit of noise that each source sees makes of the risk, and of the test set itself.
    loads = errors.risk(jnp.eye(listeners))
    curvature, slope = jnp.zeros_like(G), jnp.zeros_like(G)
    fluctuation = jnp.array(0.0)
    for load, sigma, target in zip(loads, errors.listeners, [*range(listeners - 1), 0], strict=True):
        R = predictor.responses(target)
        curvature += load * product(R[k].T, sigma, R[k])
        slope += load * product(R[k].T, sigma, R[0])
        fluctuation += load * errors.sandwich.inflation(sigma)
    if model.width is not None:
        pull = product(predictor.inputs[k].T, errors.sandwich.G_squared)
        curvature += fluctuation * product(pull, predictor.inputs[k])
        slope += fluctuation * product(pull, equivalent.A)
    threshold = equivalent.regime.at_threshold
    return jnp.where(threshold, 0.0, -_divided(slope, curvature))


def _divided(slope: Matrix, curvature: Matrix) -> Matrix:
    """curvature^-1 slope, 0 where the curvature is none."""
    if curvature.ndim == 1:
        reached = curvature > 0
        return jnp.where(reached, slope / jnp.where(reached, curvature, 1.0), 0.0)
    # A scale for every direction, as the range of the eigenvalues may be wide.
    scale = jnp.sqrt(jnp.maximum(jnp.diagonal(curvature), 0.0))
    safe = jnp.where(scale > 0, scale, 1.0)
    even = curvature / safe[:, None] / safe[None]
    return jnp.linalg.pinv(even, hermitian=True) @ (slope / safe[:, None]) / safe[:, None]
