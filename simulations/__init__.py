"""Simulated test errors: draw the data, train, measure the exact population risk, over many seeds."""

import collapse_theory  # noqa: F401  (switches JAX to float64)
from simulations.classification import simulate_classification
from simulations.fit import fit_power_law
from simulations.generations import simulate_generations
from simulations.mixing_law import fit_mixing_law
from simulations.seeds import Estimate
from simulations.simulate import simulate, simulate_draws
from simulations.training.average_models import simulate_average
from simulations.training.sgd import simulate_one_pass_sgd
from simulations.training.simulate import simulate_training
from simulations.training.two_stage import simulate_two_stage

__all__ = [
    "Estimate",
    "fit_mixing_law",
    "fit_power_law",
    "simulate",
    "simulate_average",
    "simulate_classification",
    "simulate_draws",
    "simulate_generations",
    "simulate_one_pass_sgd",
    "simulate_training",
    "simulate_two_stage",
]
