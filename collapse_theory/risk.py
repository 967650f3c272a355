"""The answer that theory and simulation share."""

from typing import Any

import equinox as eqx
import jax
import numpy as np

Part = Any  # a number or an array; None where a run measured no such part


class Risk(eqx.Module):
    """Excess test error on real data and its split into three parts.

        total = bias + variance + zeta                             (paper, Theorems 1 and 2)

    - `bias`: what regularisation and limited capacity leave of the true signal (B, linear in Gamma);
    - `variance`: label noise that was fitted (V, linear in every sigma_k^2);
    - `zeta`: the price of synthetic labels, the model-collapse term (linear in every Delta_k).

    Units: squared labels, without the noise floor sigma^2.  `total` is the sum of the parts unless
    it is given; the standard error of a total is not the sum of the parts' standard errors, and a
    run measured as a whole has no parts (they are None).
    """

    bias: Part
    variance: Part
    zeta: Part
    total: Part

    def __init__(
        self,
        bias: Part,
        variance: Part,
        zeta: Part,
        total: Part = None,
    ):
        self.bias, self.variance, self.zeta = bias, variance, zeta
        if total is None:
            if bias is None or variance is None or zeta is None:
                raise ValueError("total = None: expected a number where a part of the risk is missing")
            total = bias + variance + zeta
        self.total = total

    def __repr__(self) -> str:
        names = ("bias", "variance", "zeta", "total")
        return f"Risk({', '.join(f'{name}={_show(getattr(self, name))}' for name in names)})"


def _show(value: Any) -> str:
    if value is None or isinstance(value, jax.core.Tracer) or np.ndim(value):
        return repr(value)
    return f"{float(value):.6g}"
