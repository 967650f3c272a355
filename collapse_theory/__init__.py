"""Closed-form test errors of regression on real data mixed with synthetic data.

The theory of "Strong Model Collapse" (Dohmatob, Feng, Subramonian and Kempe, arXiv 2410.04840), as
differentiable JAX functions of one `Problem`.  Importing this package switches JAX to float64: the
formulas subtract nearly equal numbers close to every threshold.
"""

import jax

jax.config.update("jax_enable_x64", True)

from collapse_theory import spectra  # noqa: E402  (x64 must be on before the first array exists)
from collapse_theory.attribution import marginal_risk, zeta_by_source  # noqa: E402
from collapse_theory.diagnose import Diagnosis, diagnose  # noqa: E402
from collapse_theory.equivalent import SolveError  # noqa: E402
from collapse_theory.generations import accumulate, generations  # noqa: E402
from collapse_theory.mixing import single_step_mixing, spend  # noqa: E402
from collapse_theory.optimum import Optimum, best  # noqa: E402
from collapse_theory.paper import (  # noqa: E402
    corollary_1,
    corollary_2,
    corollary_2_best_weight,
    theorem_1,
    theorem_2,
    theorem_2_constants,
    theorem_2_explicit,
)
from collapse_theory.plateau import at_size, crossover, plateau  # noqa: E402
from collapse_theory.predict import predict  # noqa: E402
from collapse_theory.problem import Problem, Source, real_and_synthetic  # noqa: E402
from collapse_theory.risk import Risk, StandardErrors  # noqa: E402
from collapse_theory.scaling import ScalingExponents, scaling_exponents, source_condition  # noqa: E402

__version__ = "0.1.0"

__all__ = [
    "Diagnosis",
    "Optimum",
    "Problem",
    "Risk",
    "ScalingExponents",
    "SolveError",
    "Source",
    "StandardErrors",
    "accumulate",
    "at_size",
    "best",
    "corollary_1",
    "corollary_2",
    "corollary_2_best_weight",
    "crossover",
    "diagnose",
    "generations",
    "marginal_risk",
    "plateau",
    "predict",
    "real_and_synthetic",
    "scaling_exponents",
    "single_step_mixing",
    "source_condition",
    "spectra",
    "spend",
    "theorem_1",
    "theorem_2",
    "theorem_2_constants",
    "theorem_2_explicit",
    "zeta_by_source",
]
