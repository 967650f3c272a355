"""The physical branch at complex numbers: followed down from high above the real axis.

Each number that is complex is moved away from the real axis, by the same height and to its own side.
High up the damped iteration finds the one solution there is; from there the height is halved, and
Newton's method follows the solution down, which is analytic above the spectrum (a resolvent's trace is
the Stieltjes transform of a measure).  Where the iteration converges at once, nothing is followed.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from derivations.engine.system import WARM_UP, System

TRIES = 40  # heights tried, each four times the one before
ASCENT, DESCENT = 4.0, 0.5
FIRST_STEPS, STEPS = 12, 6  # of Newton: after the damped iteration, and at each height
SOLVED = 1e-9
LOWEST = 1e-12  # of the largest number: a height below it is none


def continued(numbers: list, system_of: Callable[[list], System], stable: Callable) -> dict:
    """The unknowns within components, at complex numbers; `stable(system, x)` tells the right branch."""
    unknowns = system_of(numbers).of_distance(0)
    if not unknowns:
        return {}

    def at(height) -> System:
        return system_of([_raised(z, height) for z in numbers])

    def named(vector) -> dict:
        return dict(zip(unknowns, vector, strict=True))

    def newton(system, vector, steps):
        """Steps in the logarithms of the unknowns, which can differ by orders of magnitude."""
        zero = vector == 0
        safe = jnp.where(zero, 1.0, vector)

        def residual(logarithm):
            x = jnp.where(zero, 0.0, safe * jnp.exp(logarithm))
            return jnp.where(
                zero, logarithm, system.update(unknowns, named(x)) / safe - jnp.exp(logarithm)
            )

        def step(_, logarithm):
            jacobian = jax.jacfwd(residual, holomorphic=True)(logarithm)
            move = jnp.linalg.solve(jacobian, residual(logarithm))
            return logarithm - move / jnp.maximum(1.0, jnp.abs(move).max())

        return jnp.where(zero, 0.0, safe * jnp.exp(jax.lax.fori_loop(0, steps, step, 0 * vector)))

    def start(height):
        """From zero at this height, and whether that is the physical branch."""
        system, zero = at(height), jnp.zeros(len(unknowns), complex)

        def damped(_, vector):
            return (vector + system.update(unknowns, named(vector))) / 2

        vector = newton(system, jax.lax.fori_loop(0, WARM_UP, damped, zero), FIRST_STEPS)
        solved = system.residual(named(vector)) < SOLVED
        return vector, solved & stable(system, named(vector))

    sizes = jnp.stack([jnp.abs(z) for z in numbers if jnp.iscomplexobj(z)])
    heights = jnp.stack([jnp.abs(z.imag) for z in numbers if jnp.iscomplexobj(z)])
    scale = jnp.where(sizes.max() == 0, 1.0, sizes.max())
    lowest = jnp.maximum(jnp.where(heights == 0, jnp.inf, heights).min() / 8, LOWEST * scale)
    lowest = jnp.where(jnp.isfinite(lowest), lowest, LOWEST * scale)

    def climb(state):
        tries, next_height, *_ = state
        higher = jnp.where(next_height == 0, scale / 4, ASCENT * next_height)
        return (tries + 1, higher, next_height, *start(next_height))

    def follow(state):
        height, vector = state
        height = jnp.where(height < lowest, 0.0, DESCENT * height)
        return height, newton(at(height), vector, STEPS)

    axis = jnp.array(0.0)
    state = (0, axis, axis, jnp.zeros(len(unknowns), complex), jnp.array(False))
    *_, height, vector, _ = jax.lax.while_loop(lambda s: (s[0] < TRIES) & ~s[-1], climb, state)
    _, vector = jax.lax.while_loop(lambda s: s[0] > 0, follow, (height, vector))
    return named(vector)


def _raised(number, height):
    """A complex number further from the real axis; a real one stays what it is."""
    if not jnp.iscomplexobj(number):
        return number
    return number + 1j * jnp.where(number.imag < 0, -height, height)
