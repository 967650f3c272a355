"""The machinery behind `predict`: the deterministic equivalent of a problem, and the test errors in it.

Reading order: `arrays` (a problem stacked), `nonlinear` (features that are no projections), `whiten`
and `algebra` (diagonal or dense), `groups` (sources that the equations cannot tell apart), `regime`
(what limits the fit), `axes` (coordinates in which dense matrices are nearly diagonal), `chart` (the
unknowns), `fixed_point` (their equations), `newton` (how they are solved, and what is said if not),
then `mean_predictor` and `error_system` with its `m_matrix`; last, for the next order, `shares` and
`expansion`.
"""

from collapse_theory.equivalent.arrays import Model, Moments, stack_linear
from collapse_theory.equivalent.error_system import ErrorSystem
from collapse_theory.equivalent.fixed_point import Equivalent, solve
from collapse_theory.equivalent.groups import Groups, alike
from collapse_theory.equivalent.newton import SolveError, Status, solved
from collapse_theory.equivalent.nonlinear import stack

__all__ = [
    "Equivalent",
    "ErrorSystem",
    "Groups",
    "Model",
    "Moments",
    "SolveError",
    "Status",
    "alike",
    "solve",
    "solved",
    "stack",
    "stack_linear",
]
