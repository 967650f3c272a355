"""What it takes to interpret a point: effective ridge, degrees of freedom, thresholds."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory.equivalent import Status, solve, stack
from collapse_theory.equivalent.algebra import product
from collapse_theory.equivalent.axes import principal_axes
from collapse_theory.equivalent.regime import regime as limited_by
from collapse_theory.problem import Problem


class Diagnosis(eqx.Module):
    """The deterministic equivalent of a problem in the paper's terms.

    - `kappa`: effective ridge, nu / sum_k p_k e_k: with one common Sigma, features of eigenvalue
      well above kappa are learnt and those well below are not;
    - `df1`, `df2`: degrees of freedom tr[A G] and tr[(A G)^2]; with one common Sigma they are
      tr[(Sigma (Sigma + kappa)^-1)^k], k = 1, 2; of nonlinear features their own noise counts in df1;
    - `e`: e_k of each source, what training leaves of its weight; `tau`: 1 - df1/m (1 if classical);
    - `threshold_distance`: n / min(m, rank) - 1, negative where the model can interpolate, 0 at the
      interpolation threshold, positive where it cannot; n counts samples of positive weight;
    - `status`: how the solve ended.
    """

    kappa: Float[Array, ""]
    df1: Float[Array, ""]
    df2: Float[Array, ""]
    e: Float[Array, " K"]
    tau: Float[Array, ""]
    threshold_distance: Float[Array, ""]
    status: Status


@eqx.filter_jit
def diagnose(problem: Problem) -> Diagnosis:
    """The numbers behind `predict(problem)`; none of them raises, `status` tells of failure.

    At the ridgeless interpolation threshold, where the equations have no finite solution, kappa and
    e and the degrees of freedom are NaN, and with a width so is tau.
    """
    stacked = stack(problem)
    equivalent = solve(stacked)
    model = equivalent.model
    # The rank of matrices is seen in their principal axes, which a solve need not have used.
    regime = limited_by(principal_axes(stacked).model)
    undefined = jnp.where(regime.at_threshold, jnp.nan, 1.0)
    AG = product(equivalent.A, equivalent.G)
    df1 = undefined * model.trace(equivalent.A, equivalent.G)
    return Diagnosis(
        kappa=undefined * equivalent.nu / jnp.sum(model.fractions * equivalent.e),
        df1=df1,
        df2=undefined * model.trace(AG, AG),
        e=(undefined * equivalent.scale * equivalent.e)[-len(problem.sources) :],
        tau=jnp.where(jnp.isinf(regime.width), 1.0, 1 - df1 / regime.width),
        threshold_distance=regime.samples / regime.parameters - 1,
        status=equivalent.status,
    )
