"""The derivations, in the order in which they are read."""

from derivations.steps import Derivation
from derivations.theorems.kappa import KAPPA
from derivations.theorems.own_model import OWN_MODEL
from derivations.theorems.theorem_1 import THEOREM_1_DERIVATION
from derivations.theorems.theorem_2 import THEOREM_2_DERIVATION
from derivations.theorems.two_sources import TWO_SOURCES
from derivations.theorems.unified import UNIFIED

DERIVATIONS: dict[str, Derivation] = {
    derivation.name: derivation
    for derivation in (
        KAPPA,
        THEOREM_1_DERIVATION,
        THEOREM_2_DERIVATION,
        UNIFIED,
        TWO_SOURCES,
        OWN_MODEL,
    )
}
