"""What a model hands on when it labels the data of another: the moments of what it errs by."""

from functools import reduce

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory.equivalent.algebra import Matrix, product
from collapse_theory.equivalent.arrays import Moments
from collapse_theory.equivalent.error_system import ErrorSystem
from collapse_theory.equivalent.fixed_point import Equivalent

CAUSES = 3  # bias, variance and zeta: the true signal, all label noise, and shifts
SIGNAL, NOISE, SHIFT = range(CAUSES)


class HandedOn:
    """Second moments of delta = w_hat - w_1 from those of what labelled the data, each cause apart.

    The sources are labelled by w_1 and w_1 + v_k, where v_k may be the delta of an earlier model.  With
    the mean predictor w_bar - w_1 = sum_j R_j v_j, v_0 = w_1,

        E[delta x^T]     = sum_j R_j E[v_j x^T]      for any x that these data are independent of,
        E[delta delta^T] = E[(w_bar - w_1)(w_bar - w_1)^T] + sum_k (p_k e_k^2 E_k / n) G_S Sigma_k G_S.
    """

    def __init__(self, equivalent: Equivalent):
        self.model = equivalent.model
        self.errors = ErrorSystem(equivalent)
        self.weights = self.model.fractions * equivalent.e / self.model.n
        self.noises = jnp.zeros((CAUSES, len(self.weights) + 1)).at[NOISE, :-1].set(self.model.noises)

    def fit(
        self,
        moments: Float[Array, "causes K K *matrix"],
        noises: Float[Array, "causes listeners"] | None = None,
    ) -> tuple[Float[Array, " causes"], Float[Array, "causes *matrix"]]:
        """The risk of each cause and its part of E[delta delta^T], for parts E[v_j v_k^T].

        `noises` of the labels, of each cause, in place of those of the model; the last listener is the
        test set, which has none.
        """
        errors = self.errors
        misfits = jax.vmap(lambda blocks: errors.misfits(_named(blocks)))(moments)
        forcing = (misfits + (self.noises if noises is None else noises)).T
        fitted = self.weights[:, None] * errors.solve(forcing)
        mean = jax.vmap(lambda blocks: errors.predictor.misfit(_named(blocks)))(moments)
        spread = mean + jnp.tensordot(fitted.T, jnp.stack(errors.scatter), axes=1)
        return errors.risk(forcing), spread

    def cross(self, moments: Float[Array, "causes K *matrix"]) -> Float[Array, "causes *matrix"]:
        """E[delta x^T] from E[v_j x^T]."""
        responses = self.errors.predictor.responses(0)

        def total(blocks: Float[Array, "K *matrix"]) -> Matrix:
            return reduce(
                jnp.add, [product(R, block) for R, block in zip(responses, blocks, strict=True)]
            )

        return jax.vmap(total)(moments)


def _named(blocks: Float[Array, "K K *matrix"]) -> Moments:
    return {(j, k): blocks[j, k] for j in range(len(blocks)) for k in range(len(blocks))}
