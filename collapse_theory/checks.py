"""Argument checks: every one names the argument, its value and what was expected.

Values that JAX is tracing (inside `jit`, `vmap` or `grad`) have no value to check; their shape is
checked all the same.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

# Rounding leaves an exactly singular covariance with eigenvalues of either sign of this relative
# size, and an exactly symmetric one this asymmetric.
ROUNDING = 1e-10


def fail(name: str, value: object, expected: str) -> ValueError:
    """The one sentence that every rejected argument gets."""
    shown = np.array2string(value, threshold=8, precision=6) if isinstance(value, np.ndarray) else value
    return ValueError(f"{name} = {shown}: expected {expected}")


def floating(name: str, value: object, ndims: tuple[int, ...], expected: str) -> Float[Array, "..."]:
    """`value` as a finite float64 array of one of the allowed numbers of dimensions."""
    if isinstance(value, str | bytes | bool):
        raise fail(name, repr(value), expected)
    try:
        array = jnp.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise fail(name, repr(value), expected) from None
    if array.ndim not in ndims:
        raise fail(name, f"array of shape {array.shape}", expected)
    if array.size == 0:
        raise fail(name, "an empty array", expected)
    if is_concrete(array) and not np.isfinite(array).all():
        raise fail(name, np.asarray(array), expected + ", finite")
    return array


def number(
    name: str, value: object, *, above: float | None = None, most: float | None = None
) -> Float[Array, ""]:
    """A scalar that is >= 0 (or > `above`) and <= `most`."""
    expected = "a number >= 0" if above is None else f"a number > {above:g}"
    if most is not None:
        expected = f"a number in [0, {most:g}]"
    scalar = floating(name, value, (0,), expected)
    if is_concrete(scalar):
        too_low = scalar < 0 if above is None else scalar <= above
        if too_low or (most is not None and scalar > most):
            raise fail(name, f"{float(scalar):g}", expected)
    return scalar


def positive_semidefinite(name: str, value: object) -> Float[Array, "..."]:
    """A scalar (multiple of the identity), a vector of eigenvalues or a symmetric matrix, all PSD."""
    expected = "a number, a vector of eigenvalues or a square matrix"
    array = floating(name, value, (0, 1, 2), expected)
    if array.ndim == 2 and array.shape[0] != array.shape[1]:
        raise fail(name, f"array of shape {array.shape}", expected)
    if is_concrete(array):
        check_positive_semidefinite(name, np.asarray(array))
    return array


def check_positive_semidefinite(name: str, array: np.ndarray) -> None:
    """Raise unless `array` is symmetric with no negative eigenvalue, up to rounding."""
    scale = np.abs(array).max()
    if array.ndim == 2:
        asymmetry = np.abs(array - array.T).max()
        if asymmetry > ROUNDING * scale:
            raise fail(name, f"matrix with asymmetry {asymmetry:.3g}", "a symmetric matrix")
        lowest = np.linalg.eigvalsh(array).min()
        if lowest < -ROUNDING * scale:
            raise fail(
                name, f"matrix with eigenvalue {lowest:.3g}", "a positive semi-definite matrix"
            )
    elif (array < 0).any():
        raise fail(name, array, "no negative entry")


def is_concrete(value: object) -> bool:
    """Whether `value` holds numbers, rather than standing for them inside a JAX transformation."""
    return not isinstance(value, jax.core.Tracer)
