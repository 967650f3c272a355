"""What is done with an answer whose equations were not solved: it is never returned as a number."""

from typing import TypeVar

import jax
import jax.numpy as jnp

from collapse_theory import checks
from collapse_theory.root import SolveError, Status

Answer = TypeVar("Answer")


def solved(answer: Answer, status: Status) -> Answer:
    """`answer`, NaN where it is not converged inside a JAX transformation, which cannot raise.

    Raises SolveError elsewhere.
    """
    converged = checks.concrete(status.converged)
    if converged is None:
        return jax.tree.map(lambda leaf: jnp.where(status.converged, leaf, jnp.nan), answer)
    if not converged.all():
        raise SolveError(f"{status.message()}; without a ridge, try a tiny one")
    return answer
