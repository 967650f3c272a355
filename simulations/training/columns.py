"""Labels and weights in three columns, what signal, label noise and shifts make of them.

A model is linear in its labels: trained on the columns apart, it errs by three columns, whose squares
are bias, variance and zeta.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from collapse_theory.equivalent.algebra import product
from simulations.algebra import form
from simulations.draw import Constants
from simulations.pooled import Normal, Triangle
from simulations.rank import cancellation

Columns = Float[Array, "_ 3"]


class Truth(NamedTuple):
    """w_1 as columns (w_1, 0, 0)."""

    columns: Float[Array, "d 3"]

    @classmethod
    def of(cls, w_1: Float[Array, " d"]) -> "Truth":
        """That of this vector."""
        return cls(jnp.zeros((len(w_1), 3), w_1.dtype).at[:, 0].set(w_1))

    def risk(
        self, w_hat: Float[Array, "d 3"], constants: Constants
    ) -> tuple[Float[Array, " 3"], Float[Array, ""]]:
        """(bias, variance, zeta), and how much rounding they amplify; w_1 and shifts may correlate."""
        error = w_hat - self.columns
        products = error.T @ product(constants.test_covariance, error)
        risk = jnp.diagonal(products).at[0].add(constants.floor)
        size = form(constants.test_covariance, self.columns[:, 0])
        rounding = jnp.maximum(1, jnp.sqrt(cancellation(size, jnp.sum(risk))))
        if constants.correlations is not None:
            risk = risk.at[2].add(2 * products[0, 2])
        return risk, rounding


class Samples(NamedTuple):
    """Inputs x as the model sees them, weighted, and their labels."""

    features: Float[Array, "rows q"]
    labels: Columns


def labelled(
    key: Key[Array, ""],
    X: Float[Array, "rows d"],
    clean: Columns,
    noise: Float[Array, ""],
    weight: Float[Array, ""],
    S: Float[Array, "d q"] | None,
) -> Samples:
    """Samples with these labels and fresh noise."""
    normals = jax.random.normal(key, clean.shape[:1], clean.dtype)
    labels = clean.at[:, 1].add(jnp.sqrt(noise) * normals)
    return Samples(jnp.sqrt(weight) * (X if S is None else X @ S), jnp.sqrt(weight) * labels)


def fitted(
    samples: list[Samples], constants: Constants, S: Float[Array, "d q"] | None, rank_revealing: bool
) -> tuple[Float[Array, "d 3"], Float[Array, ""]]:
    """w_hat = S argmin sum_k alpha_k |Z_k v - y_k|^2 + lambda n |v|^2 of every column."""
    first, *others = (jnp.concatenate(parts) for parts in zip(*samples, strict=True))
    pool = (Triangle if rank_revealing else Normal).of(first, *others)
    v, rounding = pool.solve(constants.ridges[0] * constants.counts.sum())
    return v if S is None else S @ v, rounding
