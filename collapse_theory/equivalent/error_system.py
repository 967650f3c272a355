"""The test errors of all sources, which feed each other through the noise that training fits."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from collapse_theory.equivalent.algebra import Matrix, product
from collapse_theory.equivalent.arrays import Moments
from collapse_theory.equivalent.fixed_point import Equivalent
from collapse_theory.equivalent.m_matrix import solve_m_matrix
from collapse_theory.equivalent.mean_predictor import MeanPredictor, Sandwich

# What forces the threshold's singular system no more than this, relatively, does so by rounding only.
FED = 1e-20


class ErrorSystem:
    """The K x K system of the test errors E_k (noise included) that the sources see.

        E_k = sigma_k^2 + b_k + sum_j T_kj E_j,     T_kj = (p_j e_j^2 / n) tr[Sigma_k G_S Sigma_j G_S]

    with b_k = E |w_bar - w_k|^2_{Sigma_k}; the excess risk on a test set is b_test + sum_j T_test,j E_j.
    It is linear in what forces it, f_k = sigma_k^2 + b_k, so that columns of f solve for parts.  With
    z_k = e_k E_k it is (I - O) z = e f for a matrix O >= 0 whose rows sum to 1 - excess, and the excess
    has the form without cancellation

        excess_k = e_k / alpha_k + (e_k / n) nu (m - df1) / (m - df2) tr[Sigma_k G^2].
    """

    def __init__(self, equivalent: Equivalent):
        self.equivalent, self.model = equivalent, equivalent.model
        model = equivalent.model
        self.sandwich = Sandwich(equivalent)
        self.predictor = MeanPredictor(equivalent, self.sandwich)
        self.listeners = [*model.covariances, model.test_covariance]
        heard = [*self.sandwich.turned]
        heard.append(heard[0] if model.test is None else product(model.test, equivalent.G))
        # tr[Sigma_j G^2], the test set's last.
        self.shrunk = jnp.stack([model.trace(turned, equivalent.G) for turned in heard])
        plain = jnp.stack([
            jnp.stack([model.trace(turned, other.T) for other in self.sandwich.turned])
            for turned in heard
        ])  # fmt: skip
        inflated = self.sandwich.ratio * self.shrunk[:, None] * self.shrunk[None, :-1]
        # T_kj E_j = pulls_kj z_j, where couplings are tr[Sigma_k G_S Sigma_j G_S].
        couplings = plain if self.sandwich.classical else plain + inflated
        self.pulls = couplings / model.n * (model.fractions * equivalent.e)[None]

    @property
    def scatter(self) -> list[Matrix]:
        """G_S Sigma_j G_S."""
        return [self.sandwich.matrix(sigma) for sigma in self.model.covariances]

    def misfits(self, moments: Moments) -> Float[Array, " listeners"]:
        """b_k of every source, then b_test, for labelling vectors with these second moments."""
        targets = [*range(len(self.model.covariances)), 0]
        errors = (self.predictor.misfit(moments, target) for target in targets)
        pairs = zip(self.listeners, errors, strict=True)
        return jnp.stack([self.model.trace(listener, error) for listener, error in pairs])

    def solve(self, forcing: Float[Array, "listeners columns"]) -> Float[Array, "K columns"]:
        """z_k = e_k E_k for f_k = forcing_k (its last row, the test set, feeds nothing)."""
        e = self.equivalent.e[:, None]
        leak = self.equivalent.e / self.model.n * self.sandwich.leak
        excess = self.equivalent.residue + leak * self.shrunk[:-1]
        return solve_m_matrix(e * self.pulls[:-1], excess, e * forcing[:-1])

    def fitted(self, forcing: Float[Array, "listeners columns"]) -> Float[Array, "K columns"]:
        """p_k e_k^2 E_k / n: the covariance of w_hat given its mean is sum_k of it G_S Sigma_k G_S."""
        scale = self.model.fractions[:, None] * self.equivalent.e[:, None] / self.model.n
        fitted = scale * self.solve(forcing)
        infinite = self.equivalent.regime.at_threshold & self._fed(forcing)[None] & (scale > 0)
        return jnp.where(infinite, jnp.inf, fitted)

    def risk(self, forcing: Float[Array, "listeners columns"]) -> Float[Array, " columns"]:
        """Excess risk on the test set of each column."""
        parts = forcing[-1] + self.pulls[-1] @ self.solve(forcing)
        # At the threshold the system is singular: what feeds it at all, beyond rounding, is infinite.
        threshold = jnp.where(self._fed(forcing), jnp.inf, forcing[-1])
        return jnp.where(self.equivalent.regime.at_threshold, threshold, parts)

    def _fed(self, forcing: Float[Array, "listeners columns"]) -> Bool[Array, " columns"]:
        e = self.equivalent.e[:, None]
        fed = (self.model.fractions[:, None] * e * forcing[:-1]).max(axis=0)
        return fed > FED * forcing.max()
