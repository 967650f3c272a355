"""Which unknowns stay finite as the ridge goes to 0: a chart for each thing that limits the fit.

Newton's unknowns are logarithms x_1 ... x_K and y.  A chart says what they stand for:

    limited by      exp(x_k)                  exp(y)          region
    features        e_k / alpha_k             nu / lambda     r <= m and r < n       (nu -> 0)
    samples         e_k / (alpha_k nu)        nu / lambda     n <= min(r, m)         (e, nu -> 0)
    width           e_k / alpha_k             nu              m < min(r, n)          (neither)

where r is the rank of A and n counts the samples of positive weight.  Each holds for every lambda >= 0
in its own region.  Everything the risk needs is unchanged when e and nu are multiplied by the same
number: where samples are the limit, both are divided by nu.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from collapse_theory.equivalent.algebra import diagonal
from collapse_theory.equivalent.arrays import Model
from collapse_theory.equivalent.regime import Regime

# Starting values stay this far, relatively, from thresholds, where logarithms diverge.
OFF_THRESHOLD = 1e-3

Logs = Float[Array, " unknowns"]


class Chart(NamedTuple):
    """What Newton's unknowns mean, and where they start.

    The start is the ridgeless solution for isotropic covariances of the same traces.
    """

    start: Logs
    nu_unit: Float[Array, ""]  # nu / exp(y)
    gap_unit: Float[Array, ""]  # (m - tr[A G]) exp(y) = lambda d / nu_unit, a limit if lambda = 0
    divided: Bool[Array, ""]  # whether e and nu are divided by nu

    @classmethod
    def features(cls, model: Model, regime: Regime) -> "Chart":
        """r <= m and r < n.  Start: e_k / alpha_k = 1 - r/n, nu = lambda d / (m - r)."""
        fit = jnp.log(_room(regime.parameters / regime.samples))
        x = jnp.full_like(model.weights, fit)
        return cls(
            start=_joined(model, x, _start_beside_width(model, regime)),
            nu_unit=model.ridge,
            gap_unit=model.dimension,
            divided=jnp.array(False),
        )

    @classmethod
    def samples(cls, model: Model, regime: Regime) -> "Chart":
        """n <= min(r, m).  Start: e_k / nu = n / (tr Sigma_k (1 - n/d)), nu = lambda d / (m - n)."""
        pull = model.weights * _traces(model)
        pull = jnp.where(pull > 0, pull, 1.0)
        x = jnp.log(regime.samples / pull / _room(regime.samples / model.directions))
        return cls(
            start=_joined(model, x, _start_beside_width(model, regime)),
            nu_unit=model.ridge,
            gap_unit=model.dimension,
            divided=jnp.array(True),
        )

    @classmethod
    def width(cls, model: Model, regime: Regime) -> "Chart":
        """m < min(r, n).  Start: e_k / alpha_k = 1 - m/n, nu = (mean eigenvalue of A) (d/m - 1)."""
        d, m = model.directions, regime.width
        x = jnp.full_like(model.weights, jnp.log(_room(regime.parameters / regime.samples)))
        mean = jnp.sum(model.fractions * model.weights * jnp.exp(x) * _traces(model)) / d
        return cls(
            start=_joined(model, x, jnp.log(mean * _room(m / d) * d / m)),
            nu_unit=jnp.ones_like(model.ridge),
            gap_unit=model.dimension * model.ridge,
            divided=jnp.array(False),
        )

    @classmethod
    def of(cls, model: Model, regime: Regime) -> "Chart":
        """The chart of the region that the model is in."""
        features, samples, width = (
            make(model, regime) for make in (cls.features, cls.samples, cls.width)
        )
        either = jax.tree.map(lambda *pair: jnp.where(regime.by_width, *pair), width, features)
        return jax.tree.map(lambda *pair: jnp.where(regime.by_samples, *pair), samples, either)

    def fit(self, logs: Logs) -> Float[Array, " K"]:
        """e_k / alpha_k, divided by nu where the chart does that."""
        return jnp.exp(logs[:-1])

    def nu(self, logs: Logs) -> Float[Array, ""]:
        """nu itself."""
        return self.nu_unit * jnp.exp(logs[-1])

    def shift(self, logs: Logs) -> Float[Array, ""]:
        """The nu of A + nu: 1 where the chart divides by nu."""
        return jnp.where(self.divided, 1.0, self.nu(logs))

    def scale(self, logs: Logs) -> Float[Array, ""]:
        """What the chart divides e and nu by."""
        return jnp.where(self.divided, self.nu(logs), 1.0)

    def residue(self, logs: Logs, weights: Float[Array, " K"]) -> Float[Array, " K"]:
        """e_k / alpha_k itself.  Samples without weight stay out of the chart: theirs is 1."""
        return jnp.where(weights > 0, self.scale(logs), 1.0) * self.fit(logs)

    def gap(self, logs: Logs) -> Float[Array, ""]:
        """m - tr[A G] = lambda d / nu, without its cancellation and also if both are 0."""
        return self.gap_unit * jnp.exp(-logs[-1])


def _room(part: Float[Array, "..."]) -> Float[Array, "..."]:
    return jnp.maximum(1 - part, OFF_THRESHOLD)


def _start_beside_width(model: Model, regime: Regime) -> Float[Array, ""]:
    fraction = jnp.minimum(regime.rank, regime.samples) / regime.width
    return jnp.log(model.dimension / regime.width / _room(fraction))


def _joined(model: Model, x: Float[Array, " K"], y: Float[Array, ""]) -> Logs:
    """The classical model has nu = lambda: y = 0."""
    return jnp.append(x, 0.0 if model.width is None else y)


def _traces(model: Model) -> Float[Array, " K"]:
    return jax.vmap(lambda sigma: jnp.sum(model.counted(diagonal(sigma))))(model.covariances)
