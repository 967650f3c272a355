"""Newton's method for small smooth systems in logarithmic unknowns, differentiable at the root."""

from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from collapse_theory import checks
from collapse_theory.equivalent.elimination import eliminate

MAX_STEPS = 100
# Convergence is quadratic: after a step this small the next one would be lost in rounding.
LAST_STEP = 1e-9
EXACT = 1e-14
TOLERANCE = 1e-10
# Unknowns of systems whose elimination is written out.
WRITTEN_OUT = 4


System = Callable[[Float[Array, " k"]], Float[Array, " k"]]
# A residual and its matrix of derivatives, which often share their expensive part.
Linearisation = Callable[[Float[Array, " k"]], tuple[Float[Array, " k"], Float[Array, "k k"]]]
Answer = TypeVar("Answer")


class SolveError(ArithmeticError):
    """A system of equations that could not be solved to the tolerance."""


class Cause(IntEnum):
    """Why a solve failed."""

    NONE = 0
    STEPS = 1
    NOT_FINITE = 2
    STALLED = 3
    ILL_CONDITIONED = 4
    RANKS = 5
    UNSEEN = 6


SENTENCES = {
    Cause.STEPS: "more steps would be needed",
    Cause.NOT_FINITE: "numbers on the way left the range of float64; bring features to size one",
    Cause.STALLED: "rounding keeps it from becoming smaller",
    Cause.ILL_CONDITIONED: "sources that differ as much as these cannot be told apart in float64; "
    "use a larger ridge, or eigenvalues if the covariances have a basis in common",
    Cause.UNSEEN: "the test set sees features that no source has, where a projection without a ridge "
    "has a limit only from above; try a tiny ridge",
    Cause.RANKS: "without a ridge, a source of smaller rank than all sources together can leave the "
    "equations without a solution; try a tiny ridge, which gives the limit",
}


class Status(NamedTuple):
    """How a solve ended: the residual is the undamped one, at the root that is returned."""

    converged: Bool[Array, ""]
    residual: Float[Array, ""]
    steps: Int[Array, ""]
    cause: Int[Array, ""]  # a `Cause`, NONE if converged

    def message(self) -> str:
        """One sentence for people."""
        verb = "converged" if self.converged else "did not converge"
        reason = "" if self.converged else f"; {SENTENCES[Cause(int(self.cause))]}"
        return (
            f"the fixed-point equations {verb} in {int(self.steps)} Newton steps: "
            f"residual {float(self.residual):.2g}, tolerance {TOLERANCE:.0e}{reason}"
        )

    def unless(self, failed: Bool[Array, ""], cause: Cause) -> "Status":
        """Not converged, for this cause, where a solve that seemed to converge `failed`."""
        failed = failed & self.converged
        return self._replace(
            converged=self.converged & ~failed, cause=jnp.where(failed, cause.value, self.cause)
        )

    def renamed(self, known: Bool[Array, ""], cause: Cause) -> "Status":
        """The same with another cause of failure, where it is `known`."""
        return self._replace(cause=jnp.where(known & ~self.converged, cause.value, self.cause))

    @classmethod
    def worst(cls, statuses: "Status") -> "Status":
        """Of many, arrays of the same shape, the one of the largest residual, failures first."""
        badness = jnp.where(statuses.converged, statuses.residual, jnp.inf)
        # NaN is larger than anything, for argmax.
        return jax.tree.map(lambda leaf: leaf[jnp.argmax(badness)], statuses)


def solved(answer: Answer, status: Status) -> Answer:
    """`answer`, NaN where it is not converged inside a JAX transformation, which cannot raise.

    Raises SolveError elsewhere.
    """
    converged = checks.concrete(status.converged)
    if converged is None:
        return jax.tree.map(lambda leaf: jnp.where(status.converged, leaf, jnp.nan), answer)
    if not converged.all():
        raise SolveError(status.message())
    return answer


def find_root(
    residual: System, start: Float[Array, " k"], linearise: Linearisation | None = None
) -> tuple[Float[Array, " k"], Status]:
    """The root of `residual`, whose terms are of order one, and how the search ended.

    As `search`, which does not know whether it found one.
    """
    root, steps = search(residual, start, linearise)
    return root, ending(residual(root), steps)


def search(
    residual: System, start: Float[Array, " k"], linearise: Linearisation | None = None
) -> tuple[Float[Array, " k"], Int[Array, ""]]:
    """Where Newton's method ends that looks for a root of `residual`, and its number of steps.

    `linearise` gives residual and derivatives together; without it they are those of JAX.
    Derivatives of the root are those of the implicit function theorem, exact and independent of the
    path (`lax.custom_root`).
    """

    def descend(f: System, x: Float[Array, " k"]) -> tuple[Array, Array]:
        def derivatives(x: Array) -> tuple[Array, Array]:
            return f(x), jax.jacfwd(f)(x)

        x, steps = _descend(linearise or derivatives, x, LAST_STEP)
        # As a float: what comes out beside the root must have derivatives, if only zeros.
        return x, steps.astype(float)

    def tangent_solve(linear: System, value: Float[Array, " k"]) -> Float[Array, " k"]:
        return solve_linear(jax.jacfwd(linear)(value), value)

    root, steps = jax.lax.custom_root(residual, start, descend, tangent_solve, has_aux=True)
    return root, jax.lax.stop_gradient(steps).astype(int)


def ending(residual: Float[Array, " k"], steps: Int[Array, ""]) -> Status:
    """How a search ended after so many steps, where this is left of its equations."""
    final = jnp.abs(jax.lax.stop_gradient(residual)).max()
    converged = final <= TOLERANCE
    failure = jnp.where(steps >= MAX_STEPS, Cause.STEPS.value, Cause.STALLED.value)
    failure = jnp.where(jnp.isfinite(final), failure, Cause.NOT_FINITE.value)
    return Status(converged, final, steps, jnp.where(converged, Cause.NONE.value, failure))


def iterate(linearise: Linearisation, start: Float[Array, " k"], last_step: float) -> Float[Array, " k"]:
    """The unknowns after the first step that is shorter than `last_step`; no derivatives."""
    return _descend(linearise, start, last_step)[0]


def _descend(
    linearise: Linearisation, start: Float[Array, " k"], last_step: float
) -> tuple[Float[Array, " k"], Int[Array, ""]]:
    """Newton's iteration and its number of steps.

    For the gradient of a convex function made of exponentials of its unknowns (which is what the
    deterministic equivalent solves) the step D of Newton's method, shortened to
    D log(1 + |D|) / |D|, descends from any start: such functions are quasi-self-concordant.
    Near the root the factor tends to 1 and convergence is quadratic.
    """

    def step(state: tuple) -> tuple:
        x, _, steps, _ = state
        value, slope = linearise(x)
        newton_step = -solve_linear(slope, value)
        length = jnp.abs(newton_step).max()
        damping = jnp.where(length > LAST_STEP, jnp.log1p(length) / length, 1.0)
        done = (length <= last_step) | (jnp.abs(value).max() <= EXACT)
        return x + damping * newton_step, length, steps + 1, done

    def unfinished(state: tuple) -> Bool[Array, ""]:
        _, length, steps, done = state
        return ~done & (steps < MAX_STEPS) & ~jnp.isnan(length)

    nothing = (jnp.array(0.0), jnp.array(0), jnp.array(False))
    x, _, steps, _ = jax.lax.while_loop(unfinished, step, (start, *nothing))
    return x, steps


def solve_linear(slope: Float[Array, "k k"], value: Float[Array, " k"]) -> Float[Array, " k"]:
    """x with slope x = value.

    Up to scales of rows and sums of columns the slope is the Hessian of a convex function, of which
    elimination in any order is stable.
    """
    unknowns = len(value)
    if unknowns > WRITTEN_OUT:
        return jnp.linalg.solve(slope, value)
    return eliminate(slope, value)
