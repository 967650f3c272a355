"""The test error of a `Problem` in closed form: bias, variance and zeta."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.equivalent import Equivalent, solve
from collapse_theory.m_matrix import solve_m_matrix
from collapse_theory.model import Matrix, Model, product, stack, trace
from collapse_theory.problem import Problem
from collapse_theory.risk import Risk
from collapse_theory.root import SolveError, Status

# Forcing of the threshold's singular system, relative to the largest, that is rounding only.
FED = 1e-20


def predict(problem: Problem) -> Risk:
    """The excess test error in the proportionate limit, split as bias + variance + zeta.

    The general form of the paper's Theorems 1 and 2: any number of sources, any covariances,
    weights, noises and width, any test covariance.  O(d) where covariances are eigenvalues, O(d^3)
    where they are matrices.  `ridge=0` is the exact limit; at the interpolation threshold it is
    +inf.  Differentiable in every continuous field.  The relative gap to a finite simulation is
    O(1/d).

    Raises SolveError when the equations could not be solved: so far only for ridge = 0 and sources of
    different ranges, one of which interpolates while another has more samples than its own rank (a
    tiny ridge gives that limit).  Inside `jit` or `vmap` nothing can be
    raised: there the risk is NaN, and `diagnose(problem).status` tells why.
    """
    risk, status = predict_with_status(problem)
    converged = checks.concrete(status.converged)
    if converged is not None and not converged.all():
        raise SolveError(f"{status.message()}; without a ridge, try a tiny one")
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
    columns below are the three parts.  With z_k = e_k E_k the system is (I - O) z = e (sigma^2 + b)
    for a matrix O >= 0 whose rows sum to 1 - excess, and the excess has the form without cancellation

        excess_k = e_k / alpha_k + (e_k / n) nu (m - df1) / (m - df2) tr[Sigma_k G^2].
    """
    sources = len(model.covariances)
    listeners = [*model.covariances, model.test_covariance]
    pull = [
        p * e * sigma
        for p, e, sigma in zip(model.fractions, equivalent.e, model.covariances, strict=True)
    ]
    sandwich = Sandwich(equivalent)

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
    e = equivalent.e[:, None]
    pulls = couplings * (model.fractions * equivalent.e)[None]
    shrunk = jnp.tensordot(model.covariances, sandwich.G_squared, axes=sandwich.G.ndim)
    excess = equivalent.residue + equivalent.e / model.n * sandwich.leak * shrunk
    z = solve_m_matrix(e * pulls[:-1], excess, e * forcing[:-1])
    parts = forcing[-1] + pulls[-1] @ z
    # At the threshold the system is singular: what feeds it at all, beyond rounding, is infinite.
    fed = (model.fractions[:, None] * e * forcing[:-1]).max(axis=0) > FED * forcing.max()
    threshold = jnp.where(fed, jnp.inf, forcing[-1])
    return Risk(*jnp.where(equivalent.limits.at_threshold, threshold, parts))


class Sandwich:
    """tr[C G_S B G_S] with G_S = S (S^T A S + lambda)^-1 S^T, for deterministic C and B.

    G_S B G_S ~ G (B + nu'(B) I) G,        nu'(B) = (nu^2 / m) tr[B G^2] / (1 - tr[(A G)^2] / m)
    """

    def __init__(self, equivalent: Equivalent):
        self.G = equivalent.G
        self.G_squared = product(self.G, self.G)
        decay = equivalent.nu * trace(equivalent.A, self.G_squared)  # df1 - df2
        gap = equivalent.gap
        # Both are 0 for a square S without ridge, and then nu is, too: 0 / 0 stands for 0.
        room = jnp.where(gap + decay == 0, 1.0, gap + decay)
        classical = jnp.isinf(equivalent.limits.width)
        self.ratio = jnp.where(classical, 0.0, equivalent.nu**2 / room)
        self.leak = equivalent.nu * jnp.where(classical, 1.0, gap / room)

    def inflation(self, B: Matrix) -> Float[Array, ""]:
        """nu'(B)."""
        return self.ratio * trace(B, self.G_squared)

    def __call__(self, C: Matrix, B: Matrix) -> Float[Array, ""]:
        first = trace(product(self.G, B, self.G), C)
        return first + self.inflation(B) * trace(C, self.G_squared)


def _quadratic(listener: Matrix, response: Matrix, second_moment: Matrix) -> Float[Array, ""]:
    """E |response w|^2_listener = tr[C R M R^T] for w with this second moment."""
    return trace(product(listener, response, second_moment), response)
