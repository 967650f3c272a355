"""The derivations, in the order in which they are read."""

from derivations.steps import Derivation
from derivations.theorems import kappa

DERIVATIONS: dict[str, Derivation] = {d.name: d for d in (kappa.KAPPA,)}
