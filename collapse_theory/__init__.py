"""Closed-form test errors of regression on real data mixed with synthetic data.

The theory of "Strong Model Collapse" (Dohmatob, Feng, Subramonian and Kempe, arXiv 2410.04840), as
differentiable JAX functions of one `Problem`.  Importing this package switches JAX to float64: the
formulas subtract nearly equal numbers close to every threshold.
"""

import jax

jax.config.update("jax_enable_x64", True)

from collapse_theory import spectra  # noqa: E402  (x64 must be on before the first array exists)
from collapse_theory.activation import ActivationMoments, activation_moments  # noqa: E402
from collapse_theory.attribution import marginal_risk, zeta_by_source  # noqa: E402
from collapse_theory.bias_amplification import (  # noqa: E402
    BiasAmplification,
    bias_amplification,
    group_risks,
)
from collapse_theory.break_even import break_even  # noqa: E402
from collapse_theory.classification.error import (  # noqa: E402
    LabelQuality,
    classification_error,
    classification_plateau,
    label_quality,
)
from collapse_theory.classification.required_verifier import required_verifier  # noqa: E402
from collapse_theory.classification.sign_labels import SignLabels, Verifier  # noqa: E402
from collapse_theory.compress import compress  # noqa: E402
from collapse_theory.diagnose import Diagnosis, diagnose  # noqa: E402
from collapse_theory.equivalent import SolveError  # noqa: E402
from collapse_theory.finite_size import finite_size  # noqa: E402
from collapse_theory.free_energy import (  # noqa: E402
    free_energy,
    label_energy,
    risk_from_free_energy,
    stationary_point,
)
from collapse_theory.generations import accumulate, generations  # noqa: E402
from collapse_theory.mixing import label_mixing, single_step_mixing, spend  # noqa: E402
from collapse_theory.mixture import Mixture, mixture  # noqa: E402
from collapse_theory.optimum import Optimum, best  # noqa: E402
from collapse_theory.paper import (  # noqa: E402
    corollary_1,
    corollary_2,
    corollary_2_best_weight,
    corollary_3,
    theorem_1,
    theorem_2,
    theorem_2_constants,
    theorem_2_explicit,
)
from collapse_theory.plateau import at_size, crossover, plateau  # noqa: E402
from collapse_theory.predict import predict  # noqa: E402
from collapse_theory.problem import Problem, Source, real_and_synthetic  # noqa: E402
from collapse_theory.readout_error import readout_error  # noqa: E402
from collapse_theory.risk import Risk, StandardErrors  # noqa: E402
from collapse_theory.scaling import ScalingExponents, scaling_exponents, source_condition  # noqa: E402
from collapse_theory.spread import Spread, spread  # noqa: E402
from collapse_theory.training.average_models import Average, average_models  # noqa: E402
from collapse_theory.training.best_schedule import BestSchedule, best_schedule  # noqa: E402
from collapse_theory.training.best_two_stage import best_two_stage  # noqa: E402
from collapse_theory.training.chain import chain  # noqa: E402
from collapse_theory.training.filters import SpectralFilter  # noqa: E402
from collapse_theory.training.gradient_descent import gradient_descent  # noqa: E402
from collapse_theory.training.gradient_flow import gradient_flow  # noqa: E402
from collapse_theory.training.iterated_ridge import iterated_ridge  # noqa: E402
from collapse_theory.training.relabelling import relabelling  # noqa: E402
from collapse_theory.training.self_distillation import (  # noqa: E402
    Distillation,
    best_distillation,
    self_distillation,
)
from collapse_theory.training.sgd import one_pass_sgd  # noqa: E402
from collapse_theory.training.spectral_filter import spectral_filter  # noqa: E402
from collapse_theory.training.subsample import subsample  # noqa: E402
from collapse_theory.training.surrogate import Surrogate, best_surrogate  # noqa: E402
from collapse_theory.training.two_stage import two_stage  # noqa: E402
from collapse_theory.training_error import (  # noqa: E402
    generalised_cross_validation,
    source_errors,
    training_error,
)

__version__ = "0.2.0"

__all__ = [
    "ActivationMoments",
    "Average",
    "BestSchedule",
    "BiasAmplification",
    "Diagnosis",
    "Distillation",
    "LabelQuality",
    "Mixture",
    "Optimum",
    "Problem",
    "Risk",
    "ScalingExponents",
    "SignLabels",
    "SolveError",
    "Source",
    "SpectralFilter",
    "Spread",
    "StandardErrors",
    "Surrogate",
    "Verifier",
    "accumulate",
    "activation_moments",
    "at_size",
    "average_models",
    "best",
    "best_distillation",
    "best_schedule",
    "best_surrogate",
    "best_two_stage",
    "bias_amplification",
    "break_even",
    "chain",
    "classification_error",
    "classification_plateau",
    "compress",
    "corollary_1",
    "corollary_2",
    "corollary_2_best_weight",
    "corollary_3",
    "crossover",
    "diagnose",
    "finite_size",
    "free_energy",
    "generalised_cross_validation",
    "generations",
    "gradient_descent",
    "gradient_flow",
    "group_risks",
    "iterated_ridge",
    "label_energy",
    "label_mixing",
    "label_quality",
    "marginal_risk",
    "mixture",
    "one_pass_sgd",
    "plateau",
    "predict",
    "readout_error",
    "real_and_synthetic",
    "relabelling",
    "required_verifier",
    "risk_from_free_energy",
    "scaling_exponents",
    "self_distillation",
    "single_step_mixing",
    "source_condition",
    "source_errors",
    "spectra",
    "spectral_filter",
    "spend",
    "spread",
    "stationary_point",
    "subsample",
    "theorem_1",
    "theorem_2",
    "theorem_2_constants",
    "theorem_2_explicit",
    "training_error",
    "two_stage",
    "zeta_by_source",
]
