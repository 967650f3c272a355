"""What the deterministic equivalent says of one trained model, in coordinates common to several."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory.equivalent import ErrorSystem, Groups, Status, solve, stack
from collapse_theory.equivalent.algebra import Matrix, identity, product
from collapse_theory.equivalent.arrays import Model
from collapse_theory.equivalent.fixed_point import Equivalent
from collapse_theory.problem import Problem
from collapse_theory.training.division import filled, has_data


class LinearModel(NamedTuple):
    """A trained model, w_hat = mean + noise:

        mean  = G_S (sum_k P_k) w_1 + G_S sum_k P_k delta_k,      P_k = p_k e_k Sigma_k,
        noise of covariance  sum_k f_k G_S Sigma_k G_S,           f_k = p_k e_k^2 E_k / n.

    Matrices are first-order limits, G for G_S, and sources of index 0, 1, ...
    """

    learnt: Matrix  # G A, A the sum of all P_k
    pulls: list[Matrix]  # G P_k
    shrinkage: Matrix  # nu G = I - G A
    noises: list[Matrix]  # G Sigma_k G
    gap: Float[Array, ""]  # m - tr[A G]; of no meaning for the classical model

    def turned(self, rotation: Float[Array, "d d"] | None) -> "LinearModel":
        """The same in other coordinates; None: these."""
        if rotation is None:
            return self

        def turn(matrix: Matrix) -> Matrix:
            return rotation @ matrix @ rotation.T

        pulls, noises = ([turn(matrix) for matrix in stack] for stack in (self.pulls, self.noises))
        return LinearModel(turn(self.learnt), pulls, turn(self.shrinkage), noises, self.gap)

    def without_data(self, model: Model) -> "LinearModel":
        """The same without data: w_hat = 0."""
        width = jnp.ones_like(self.gap) if model.width is None else model.width * jnp.ones_like(self.gap)
        nothing = jax.tree.map(jnp.zeros_like, self)
        return nothing._replace(shrinkage=identity(self.shrinkage), gap=width)

    @property
    def means(self) -> list[Matrix]:
        """What takes v_0 = w_1 and v_k, the shift of the source of index k, to the mean of w_hat."""
        return [self.learnt, *self.pulls[1:]]

    @property
    def errors(self) -> list[Matrix]:
        """What takes them to the mean of w_hat - w_1."""
        return [-self.shrinkage, *self.pulls[1:]]


def train(problem: Problem, groups: Groups | None) -> tuple[LinearModel, ErrorSystem, Status]:
    """The model that the data of a problem train, w_hat = 0 where there are none."""
    equivalent = _without_data(solve(stack(filled(problem)), groups), ~has_data(problem))
    errors = ErrorSystem(equivalent)
    G = equivalent.G
    model = LinearModel(
        learnt=product(G, equivalent.A),
        pulls=[product(G, pull) for pull in errors.predictor.pulls],
        shrinkage=equivalent.shrinkage,
        noises=[product(G, sigma, G) for sigma in equivalent.model.covariances],
        gap=equivalent.gap,
    )
    return model, errors, equivalent.status


def form(model: Model, matrix: Matrix, left: Matrix, moment: Matrix, right: Matrix) -> Array:
    """tr[matrix left moment right^T]."""
    return model.trace(product(matrix, left, moment), right)


def _without_data(equivalent: Equivalent, empty: Array) -> Equivalent:
    """Nothing is learnt where `empty`: A = 0, and nu G = I."""
    one = identity(equivalent.G)
    width = jnp.ones_like(equivalent.gap) if equivalent.model.width is None else equivalent.regime.width
    nothing = equivalent._replace(
        e=jnp.zeros_like(equivalent.e),
        residue=jnp.ones_like(equivalent.residue),
        nu=jnp.ones_like(equivalent.nu),
        gap=width,
        A=jnp.zeros_like(equivalent.A),
        G=one,
        shrinkage=one,
    )
    return jax.tree.map(lambda *leaves: jnp.where(empty, *leaves), nothing, equivalent)
