"""The derivations, in the order in which they are read."""

from derivations.steps import Derivation
from derivations.theorems.classification import CLASSIFICATION
from derivations.theorems.corollary_1 import COROLLARY_1
from derivations.theorems.corollary_2 import COROLLARY_2
from derivations.theorems.corollary_3 import COROLLARY_3
from derivations.theorems.ensemble import ENSEMBLE
from derivations.theorems.free_energy import FREE_ENERGY
from derivations.theorems.generations import GENERATIONS
from derivations.theorems.gradient_flow import GRADIENT_FLOW
from derivations.theorems.infinite_width import INFINITE_WIDTH
from derivations.theorems.kappa import KAPPA
from derivations.theorems.mixture import MIXTURE
from derivations.theorems.nonlinear import NONLINEAR
from derivations.theorems.ridgeless import RIDGELESS
from derivations.theorems.scaling_laws import SCALING_LAWS
from derivations.theorems.self_distillation import SELF_DISTILLATION
from derivations.theorems.sgd import SGD
from derivations.theorems.theorem_1 import THEOREM_1_DERIVATION
from derivations.theorems.theorem_2 import THEOREM_2_DERIVATION
from derivations.theorems.two_fits import TWO_FITS
from derivations.theorems.two_point import TWO_POINT
from derivations.theorems.two_sources import TWO_SOURCES
from derivations.theorems.two_stage import TWO_STAGE
from derivations.theorems.unified import UNIFIED

DERIVATIONS: dict[str, Derivation] = {
    derivation.name: derivation
    for derivation in (
        KAPPA,
        THEOREM_1_DERIVATION,
        COROLLARY_1,
        THEOREM_2_DERIVATION,
        RIDGELESS,
        INFINITE_WIDTH,
        UNIFIED,
        TWO_SOURCES,
        MIXTURE,
        FREE_ENERGY,
        NONLINEAR,
        CLASSIFICATION,
        TWO_POINT,
        TWO_FITS,
        GRADIENT_FLOW,
        SELF_DISTILLATION,
        COROLLARY_2,
        COROLLARY_3,
        GENERATIONS,
        SGD,
        TWO_STAGE,
        SCALING_LAWS,
        ENSEMBLE,
    )
}
