"""The closed form of a readout's error: two sources of different covariances, no model trained."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from collapse_theory import readout_error
from simulations.language.readout.population import Population
from simulations.language.readout.statistics import Readout

ENDLESS = 1e15  # tokens, for plateaus


class Theory:
    """E |f - w_1^T z|^2 on real contexts, `readout_error` of the classical model in R^m.

    Of two sources, real stories first.
    """

    def __init__(self, populations: list[Population], ridge: float):
        self.covariances = tuple(jnp.asarray(known.covariance) for known in populations)
        self.readouts = tuple(jnp.asarray(known.readout) for known in populations)
        self.ridge = jnp.asarray(float(ridge))

    def errors(
        self,
        counts: Float[np.ndarray, " 2"],
        noises: Float[np.ndarray, "kinds 2"],
        weights: Float[np.ndarray, " 2"] | None = None,
        readouts: tuple[Readout, ...] | None = None,
    ) -> Float[np.ndarray, " kinds"]:
        """Of `counts` = (n_1, n_2) tokens, for several kinds of noise that each adds.

        `weights` are those of tokens in training; `readouts` are in place of the best ones.  Raises
        ArithmeticError if a solution did not converge.
        """
        best = self.readouts if readouts is None else tuple(jnp.asarray(w) for w in readouts)
        n = jnp.asarray(counts, dtype=float)
        alpha = jnp.ones(2) if weights is None else jnp.asarray(weights, dtype=float)

        def of(noise: Float[jax.Array, " 2"]) -> Float[jax.Array, ""]:
            return readout_error(self.covariances, best, n, noise, self.ridge, alpha)

        values = np.array(jax.vmap(of)(jnp.asarray(noises, dtype=float)))
        if not np.isfinite(values).all():
            raise ArithmeticError("the closed form did not converge")
        return values
