"""Newton's method for small smooth systems in logarithmic unknowns, differentiable at the root."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

MAX_STEPS = 100
# Convergence is quadratic: after a step this small the next one would be lost in rounding.
LAST_STEP = 1e-9
EXACT = 1e-14
TOLERANCE = 1e-10


System = Callable[[Float[Array, " k"]], Float[Array, " k"]]
# A residual and its matrix of derivatives, which often share their expensive part.
Linearisation = Callable[[Float[Array, " k"]], tuple[Float[Array, " k"], Float[Array, "k k"]]]


class SolveError(ArithmeticError):
    """A system of equations that could not be solved to the tolerance."""


class Status(NamedTuple):
    """How a solve ended: the residual is the undamped one, at the root that is returned."""

    converged: Bool[Array, ""]
    residual: Float[Array, ""]
    steps: Int[Array, ""]

    def message(self) -> str:
        """One sentence for people."""
        verb = "converged" if self.converged else "did not converge"
        return (
            f"the fixed-point equations {verb} in {int(self.steps)} Newton steps: "
            f"residual {float(self.residual):.2g}, tolerance {TOLERANCE:.0e}"
        )


def find_root(
    residual: System, start: Float[Array, " k"], linearise: Linearisation | None = None
) -> tuple[Float[Array, " k"], Status]:
    """The root of `residual`, whose terms are of order one, and how the search ended.

    `linearise` gives residual and derivatives together; without it they are those of JAX.

    For the gradient of a convex function made of exponentials of its unknowns (which is what the
    deterministic equivalent solves) the step D of Newton's method, shortened to
    D log(1 + |D|) / |D|, descends from any start: such functions are quasi-self-concordant.
    Near the root the factor tends to 1 and convergence is quadratic.  Derivatives of the root are
    those of the implicit function theorem, exact and independent of the path (`lax.custom_root`).
    """

    def newton(f: System, x: Float[Array, " k"]) -> tuple[Array, tuple[Array, Array]]:
        def step(state):
            x, _, steps, _ = state
            value, slope = (f(x), jax.jacfwd(f)(x)) if linearise is None else linearise(x)
            newton_step = -jnp.linalg.solve(slope, value)
            length = jnp.abs(newton_step).max()
            damping = jnp.where(length > LAST_STEP, jnp.log1p(length) / length, 1.0)
            done = (length <= LAST_STEP) | (jnp.abs(value).max() <= EXACT)
            return x + damping * newton_step, length, steps + 1, done

        def unfinished(state):
            _, length, steps, done = state
            return ~done & (steps < MAX_STEPS) & ~jnp.isnan(length)

        x, _, steps, _ = jax.lax.while_loop(
            unfinished, step, (x, jnp.array(0.0), jnp.array(0), jnp.array(False))
        )
        # As a float: what comes out beside the root must have derivatives, if only zeros.
        return x, (jnp.abs(f(x)).max(), steps.astype(float))

    def tangent_solve(linear, value):
        return jnp.linalg.solve(jax.jacfwd(linear)(value), value)

    root, aux = jax.lax.custom_root(residual, start, newton, tangent_solve, has_aux=True)
    final, steps = jax.lax.stop_gradient(aux)
    return root, Status(final <= TOLERANCE, final, steps.astype(int))
