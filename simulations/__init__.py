"""Simulated test errors: draw the data, train, measure the exact population risk, over many seeds."""

import collapse_theory  # noqa: F401  (switches JAX to float64)
from simulations.simulate import Estimate, simulate

__all__ = ["Estimate", "simulate"]
