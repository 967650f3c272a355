"""Strict JAX: float64, no silent broadcasting across ranks, shapes of inner functions checked."""

import os

# Most of the suite is compilation.  JAX_DISABLE_MOST_OPTIMIZATIONS=0 tests what users run, in a fifth
# more time; without optimisation numbers differ by rounding.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")

import jax
from jaxtyping import install_import_hook

# Public entry points take any number a user may write and check it themselves.
INNER = [
    f"collapse_theory.{name}"
    for name in ("equivalent", "errors", "labels", "limits", "model", "predict", "root")
]
INNER += [f"simulations.{name}" for name in ("features", "measure", "training")]
INNER += [f"simulations.mnist.{name}" for name in ("features", "mix", "ridge", "theory")]

with install_import_hook(INNER, "beartype.beartype"):
    import collapse_theory  # noqa: F401
    import simulations  # noqa: F401

jax.config.update("jax_numpy_rank_promotion", "raise")
