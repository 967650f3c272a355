"""Spectral filters: ways to fit that are linear in the labels and act through the spectrum."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from collapse_theory import checks
from collapse_theory.equivalent.complex_numbers import as_complex, scaled

# Nodes of the parabola (half of them, the others being conjugates): exp(-x) is right to 1e-14.
PARABOLA = 32
# An ellipse with foci at u = 0 and 1 has this sum of half-axes over half their distance, or as much less
# as keeps polynomials that are 1 between them below exp(GROWTH); what nodes leave out is exp(-LEFT).
WIDEST = 6.0
GROWTH = 5.0
LEFT = 38.0


class SpectralFilter(eqx.Module):
    """A way to fit, as a sum of ridge fits at real or complex ridges.

        w_hat = S g(M) S^T X^T y / n,      M = S^T X^T X S / n,      g(x) = Re sum_q C_q / (x + lambda_q)

    (with weights, X^T y / n stands for sum_k alpha_k X_k^T y_k / n).  What is left of a direction of
    eigenvalue x is `residual(x)`, 1 - x g(x): lambda / (x + lambda) for ridge regression.

    - `ridges`: lambda_q, of Im >= 0, none of them 0 or on the negative axis, in an order in which
      neighbours are near;
    - `coefficients`: C_q, shape (..., Q): several filters may share their ridges.

    A pytree.  Raises ValueError for ridges outside of their domain.
    """

    ridges: Complex[Array, " Q"]
    coefficients: Complex[Array, "*filters Q"]

    def __init__(self, ridges: Any, coefficients: Any):
        self.ridges, self.coefficients = jnp.asarray(ridges, complex), jnp.asarray(coefficients, complex)
        known = checks.concrete(self.ridges)
        if self.ridges.ndim != 1 or self.ridges.shape != self.coefficients.shape[-1:]:
            shapes = f"shapes {self.ridges.shape} and {self.coefficients.shape}"
            raise checks.fail("ridges and coefficients", shapes, "shapes (Q,) and (..., Q)")
        if known is not None and (
            not np.isfinite(known).all()
            or (known.imag < 0).any()
            or ((known.imag == 0) & (known.real <= 0)).any()
        ):
            raise checks.fail("ridges", known, "finite numbers, Im >= 0, none <= 0")

    def __call__(self, x: Float[Array, ""]) -> Float[Array, " *filters"]:
        """g(x)."""
        return jnp.sum((self.coefficients / (as_complex(x) + self.ridges)).real, axis=-1)

    def residual(self, x: Float[Array, ""]) -> Float[Array, " *filters"]:
        """1 - x g(x), what is not learnt of a direction of eigenvalue x."""
        terms = self.coefficients * self.ridges / (as_complex(x) + self.ridges)
        return jnp.sum(terms.real, axis=-1) + self.remainder

    @property
    def remainder(self) -> Float[Array, " *filters"]:
        """What is left of directions of any size: 0 where large ones are learnt."""
        return 1 - jnp.sum(self.coefficients.real, axis=-1)

    @classmethod
    def ridge(cls, ridge: checks.Number) -> "SpectralFilter":
        """Ridge regression: g(x) = 1 / (x + lambda)."""
        return cls(checks.number("ridge", ridge, above=0)[None], jnp.ones(1))

    @classmethod
    def flow(cls, time: checks.Number, averaged: bool = False) -> "SpectralFilter":
        """Gradient flow from 0 on half the mean squared residual, stopped at a time t > 0.

            residual(x) = exp(-t x),      averaged over times from 0 to t:  (1 - exp(-t x)) / (t x)

        By the trapezoidal rule on a parabola around the spectrum, right to 1e-14 for all x >= 0
        (Weideman and Trefethen, Math. Comp. 76, 2007): lambda_q = z_q / t.
        """
        t = checks.number("time", time, above=0)
        angles = (2 * np.arange(PARABOLA // 2) + 1) * np.pi / PARABOLA
        z = PARABOLA * (0.1309 - 0.1194 * angles**2 + 0.25j * angles)
        slopes = PARABOLA * (-0.2388 * angles + 0.25j)
        coefficients = 2 * np.exp(z) * slopes / (1j * PARABOLA) / z  # with their conjugates
        return cls(scaled(1 / t, jnp.asarray(z)), coefficients / z if averaged else coefficients)

    @classmethod
    def around(
        cls,
        ridge: checks.Number,
        residual: Callable[[Complex[Array, " Q"]], Complex[Array, "*filters Q"]],
        degree: int,
    ) -> "SpectralFilter":
        """The filter that leaves residual(u), a polynomial in u = lambda / (x + lambda) that is 0 at 0.

        Powers of u are poles of higher order, derivatives of a ridge fit in lambda; by Cauchy's formula
        they are simple poles, at x = -lambda (1 - 1/z) for z on a curve around the u in [0, 1].  On an
        ellipse with foci 0 and 1 a polynomial of `degree` that is no larger than 1 between them stays
        small (Bernstein's inequality), so that it is right to 1e-13.
        """
        lam = checks.number("ridge", ridge, above=0)
        width = min(np.log(WIDEST), GROWTH / degree)
        number = 2 * int(np.ceil(LEFT / width / 2))
        turns = np.exp(width + 1j * np.pi * (2 * np.arange(number // 2) + 1) / number)
        z = 0.5 + (turns + 1 / turns) / 4
        slopes = (turns - 1 / turns) / 4
        values = residual(jnp.asarray(z))
        return cls(
            scaled(lam, jnp.asarray(1 - 1 / z)),
            values * jnp.asarray(2 / number * slopes / (z * (z - 1)))[(None,) * (values.ndim - 1)],
        )


if TYPE_CHECKING:
    Filter = SpectralFilter
else:  # `spectral_filter` answers other values with one sentence
    Filter = object


def whole_number(name: str, value: object, least: int) -> int:
    """A whole number of at least `least`, known before anything is compiled."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise checks.fail(name, repr(value), f"a whole number >= {least}")
    return int(value)
