"""The test error of a `Problem` in closed form: bias, variance and zeta."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from collapse_theory import checks
from collapse_theory.equivalent import Equivalent, solve
from collapse_theory.limits import Limits
from collapse_theory.model import Matrix, Model, product, stack, trace
from collapse_theory.problem import Problem
from collapse_theory.risk import Risk
from collapse_theory.root import SolveError, Status


def predict(problem: Problem) -> Risk:
    """The excess test error in the proportionate limit, split as bias + variance + zeta.

    The general form of the paper's Theorems 1 and 2: any number of sources, any covariances,
    weights, noises and width, any test covariance.  O(d) where covariances are eigenvalues, O(d^3)
    where they are matrices.  `ridge=0` is the exact limit; at the interpolation threshold it is
    +inf.  Differentiable in every continuous field.  The relative gap to a finite simulation is
    O(1/d).

    Raises SolveError when the equations could not be solved.  Inside `jit` or `vmap` nothing can be
    raised: there the risk is NaN, and `diagnose(problem).status` tells why.
    """
    risk, status = predict_with_status(problem)
    converged = checks.concrete(status.converged)
    if converged is not None and not converged.all():
        raise SolveError(f"{status.message()}; a small positive ridge is easier than none")
    return risk


@eqx.filter_jit
def predict_with_status(problem: Problem) -> tuple[Risk, Status]:
    """`predict`, without raising: the risk is NaN where `status.converged` is False."""
    model = stack(problem)
    equivalent = solve(model)
    risk = excess_risk(model, equivalent)
    converged = equivalent.status.converged
    return jax.tree.map(lambda part: jnp.where(converged, part, jnp.nan), risk), equivalent.status


def excess_risk(model: Model, equivalent: Equivalent) -> Risk:
    """Risk on the test covariance, given the solved equations.

    The mean predictor is w_bar = G_S sum_k p_k e_k Sigma_k w_k; b_k = E |w_bar - w_k|^2_{Sigma_k} is
    its bias seen by source k.  The test errors of the sources then solve

        E_k = sigma_k^2 + b_k + sum_j T_kj E_j,     T_kj = (p_j e_j^2 / n) tr[Sigma_k G_S Sigma_j G_S]

    and the risk is b_test + sum_j T_test,j E_j.  All of it is linear in (Gamma, sigma^2, Delta): the
    columns below are the three parts.  Solved for y_k = p_k e_k^2 E_k, an absent source is exactly 0.
    """
    sources = len(model.covariances)
    listeners = [*model.covariances, model.test_covariance]
    pull = [
        p * e * sigma
        for p, e, sigma in zip(model.fractions, equivalent.e, model.covariances, strict=True)
    ]
    sandwich = Sandwich(model, equivalent)

    def coupling(listener: Matrix) -> Float[Array, " K"]:
        return jnp.stack([sandwich(listener, sigma) for sigma in model.covariances]) / model.n

    def bias(listener: Matrix) -> Float[Array, ""]:
        first = _quadratic(listener, equivalent.shrinkage, model.signal)
        return first + sandwich.inflation(product(equivalent.A, model.signal, equivalent.A)) * trace(
            listener, sandwich.G_squared
        )

    def zeta(listener: Matrix, own: int) -> Float[Array, ""]:
        total = jnp.array(0.0)
        for j in range(sources):
            if j == own:  # w_bar - w_j: what the other sources and the ridge take away from delta_j
                others = sum((pull[i] for i in range(sources) if i != j), jnp.zeros_like(pull[j]))
                response = product(equivalent.G, others) + equivalent.shrinkage
            else:
                response = product(equivalent.G, pull[j])
            total += _quadratic(listener, response, model.shifts[j])
            total += sandwich.inflation(product(pull[j], model.shifts[j], pull[j])) * trace(
                listener, sandwich.G_squared
            )
        return total

    couplings = jnp.stack([coupling(listener) for listener in listeners])
    forcing = jnp.stack(
        [
            jnp.stack([bias(listener) for listener in listeners]),
            jnp.append(model.noises, 0.0),
            jnp.stack([zeta(listener, own) for own, listener in enumerate(listeners)]),
        ],
        axis=-1,
    )
    share = (model.fractions * equivalent.e**2)[:, None]
    y = jnp.linalg.solve(jnp.eye(sources) - share * couplings[:-1], share * forcing[:-1])
    parts = forcing[-1] + couplings[-1] @ y
    fed = jnp.max(share * couplings[-1][:, None] * forcing[:-1], axis=0) > 0
    return Risk(*_at_threshold(parts, fed, equivalent.limits))


class Sandwich:
    """tr[C G_S B G_S] with G_S = S (S^T A S + lambda)^-1 S^T, for deterministic C and B.

    G_S B G_S ~ G (B + nu'(B) I) G,        nu'(B) = (nu^2 / m) tr[B G^2] / (1 - tr[(A G)^2] / m)
    """

    def __init__(self, model: Model, equivalent: Equivalent):
        self.G = equivalent.G
        self.G_squared = product(self.G, self.G)
        AG = product(equivalent.A, self.G)
        room = equivalent.limits.width - trace(AG, AG)
        # nu = 0 first: there width and rank may be equal, and the ratio 0 / 0 stands for 0.
        self.ratio = equivalent.nu**2 / jnp.where(equivalent.nu == 0, 1.0, room)

    def inflation(self, B: Matrix) -> Float[Array, ""]:
        """nu'(B)."""
        return self.ratio * trace(B, self.G_squared)

    def __call__(self, C: Matrix, B: Matrix) -> Float[Array, ""]:
        first = trace(product(self.G, B, self.G), C)
        return first + self.inflation(B) * trace(C, self.G_squared)


def _quadratic(listener: Matrix, response: Matrix, second_moment: Matrix) -> Float[Array, ""]:
    """E |response w|^2_listener = tr[C R M R^T] for w with this second moment."""
    return trace(product(listener, response, second_moment), response)


def _at_threshold(
    parts: Float[Array, " 3"], fed: Bool[Array, " 3"], limits: Limits
) -> Float[Array, " 3"]:
    """The ridgeless limit at the threshold: +inf for every part that anything feeds, else 0.

    At n = r <= m nothing feeds the bias: the model can represent the signal and sees all of it.
    """
    fed &= jnp.array([False, True, True]) | (limits.width < limits.rank)
    return jnp.where(limits.at_threshold, jnp.where(fed, jnp.inf, 0.0), parts)
