"""The answer that theory and simulation share."""

from typing import TYPE_CHECKING

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float

from collapse_theory import checks

if TYPE_CHECKING:
    Part = Array | np.ndarray
else:  # numbers of Python and of NumPy answer as arrays without dimensions do
    Part = Float[Array, "..."] | Float[np.ndarray, "..."] | np.floating | float


class Risk(eqx.Module):
    """Excess test error on real data and its split into three parts.

        total = bias + variance + zeta                             (paper, Theorems 1 and 2)

    - `bias`: what regularisation and limited capacity leave of the true signal (B, linear in Gamma);
    - `variance`: label noise that was fitted (V, linear in every sigma_k^2);
    - `zeta`: the price of synthetic labels, the model-collapse term (linear in every Delta_k);
    - `whole`: the error of a run that was measured as a whole, and has no parts: they are None.

    Units: squared labels, without the noise floor sigma^2.  Raises ValueError for parts and a whole
    together, or for neither.
    """

    bias: Part | None
    variance: Part | None
    zeta: Part | None
    whole: Part | None = None

    def __check_init__(self) -> None:
        missing = sum(part is None for part in (self.bias, self.variance, self.zeta))
        if missing != (3 if self.whole is not None else 0):
            raise checks.fail("risk", self, "bias, variance and zeta, or whole in their place")

    @property
    def total(self) -> Part:
        """The sum of the parts; without them, the whole."""
        if self.bias is None or self.variance is None or self.zeta is None:
            assert self.whole is not None
            return self.whole
        return self.bias + self.variance + self.zeta

    def __repr__(self) -> str:
        parts = {"bias": self.bias, "variance": self.variance, "zeta": self.zeta, "whole": self.whole}
        numbers = {name: part for name, part in parts.items() if part is not None}
        if {"bias", "variance", "zeta"} <= set(numbers):
            numbers["total"] = self.total
        return f"Risk({', '.join(f'{name}={_show(number)}' for name, number in numbers.items())})"


class StandardErrors(eqx.Module):
    """Standard errors of a risk: that of the total is not the sum of the parts' (None: not measured)."""

    bias: Part | None
    variance: Part | None
    zeta: Part | None
    total: Part


def _show(value: object) -> str:
    if isinstance(value, jax.core.Tracer) or np.ndim(value):  # type: ignore[arg-type]
        return repr(value)
    return f"{float(value):.6g}"  # type: ignore[arg-type]
