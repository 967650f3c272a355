"""From a product of random matrices to the formula, step by step, by machine.

>>> from derivations import Gaussian, NumericTrace, SymbolicTrace

`python -m derivations` writes the report.
"""

from derivations.engine.matrices import Gaussian, deterministic
from derivations.engine.numeric import NumericTrace
from derivations.engine.symbolic import SymbolicTrace

__all__ = ["Gaussian", "NumericTrace", "SymbolicTrace", "deterministic"]
