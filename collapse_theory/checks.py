"""Argument checks: every one names the argument, its value and what was expected.

Values that JAX is tracing (inside `jit`, `vmap` or `grad`) have no value to check; their shape is
checked all the same.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

# What users may pass.
if TYPE_CHECKING:
    Number = Float[Array, ""] | float
    Whole = int
    Range = tuple[float, float]
    # A number, a vector of eigenvalues, a matrix, or a stack of them.
    Matrix = Float[Array, "..."] | Float[np.ndarray, "..."] | float
else:
    # The checks below answer bad values with one sentence; at run time nothing else may judge them.
    Number = Whole = Range = Matrix = object

# Rounding leaves an exactly singular covariance with eigenvalues of either sign of this relative
# size, and an exactly symmetric one this asymmetric.
ROUNDING = 1e-10
LONGEST = 200  # characters of a value in a message
NO_NUMBERS = "bcSUmM"  # kinds of arrays that NumPy turns into numbers, or into parts of them
# Products of a few numbers within these bounds are far from where float64 ends.
SMALLEST, LARGEST = 1e-50, 1e30


def fail(name: str, value: object, expected: str) -> ValueError:
    """The one sentence that every rejected argument gets."""
    if isinstance(value, np.ndarray):
        value = np.array2string(value, threshold=8, precision=6)
    shown = " ".join(str(value).split())
    shown = shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 4]} ..."
    return ValueError(f"{name} = {shown}: expected {expected}")


def floating(
    name: str,
    value: object,
    ndims: tuple[int, ...],
    expected: str,
    check: Callable[[np.ndarray], None] = lambda array: None,
) -> Float[Array, "..."]:
    """`value` as a finite float64 array of an allowed number of dimensions that passes `check`."""
    array: Any
    if isinstance(value, jax.core.Tracer):
        array = value
    else:
        try:
            array = np.asarray(value)
            if array.dtype.kind in NO_NUMBERS or value is None:
                raise TypeError
            array = array.astype(float)
        except (TypeError, ValueError, OverflowError):
            raise fail(name, repr(value), expected) from None
    if array.ndim not in ndims or array.size == 0:
        raise fail(name, f"an array of shape {array.shape}", expected)
    if isinstance(array, np.ndarray):
        if not np.isfinite(array).all():
            raise fail(name, array, f"{expected}, finite")
        # Of a matrix the largest entry: others may be rounding.
        sizes = np.abs(array[array != 0])
        smallest, largest = (sizes.min(), sizes.max()) if sizes.size else (1.0, 1.0)
        if (smallest if array.ndim < 2 else largest) < SMALLEST or largest > LARGEST:
            raise fail(name, array, f"{expected}, from {SMALLEST:g} to {LARGEST:g} where it is not 0")
        check(array)
    if isinstance(array, jax.core.Tracer):
        return jnp.asarray(array, dtype=float)
    with jax.ensure_compile_time_eval():  # what is known before tracing stays known
        return jnp.asarray(array, dtype=float)


def number(
    name: str, value: object, *, above: float | int | None = None, most: float | int | None = None
) -> Float[Array, ""]:
    """A scalar that is >= 0 (or > `above`) and <= `most`."""
    expected = "a number >= 0" if above is None else f"a number > {above:g}"
    if most is not None:
        expected = f"a number in [0, {most:g}]" if above is None else f"{expected}, at most {most:g}"

    def in_range(scalar: np.ndarray) -> None:
        too_low = scalar < 0 if above is None else scalar <= above
        if too_low or (most is not None and scalar > most):
            raise fail(name, f"{scalar:g}", expected)

    return floating(name, value, (0,), expected, in_range)


def positive_vector(name: str, value: object) -> Float[Array, " entries"]:
    """A vector of positive numbers."""
    expected = "a vector of numbers > 0"

    def positive(array: np.ndarray) -> None:
        if (array <= 0).any():
            raise fail(name, array, expected)

    return floating(name, value, (1,), expected, positive)


def positive_semidefinite(name: str, value: object) -> Float[Array, "..."]:
    """A scalar (times the identity), a vector of eigenvalues or a symmetric matrix, all PSD."""
    expected = "a number, a vector of eigenvalues or a square matrix"

    def psd(array: np.ndarray) -> None:
        scale = np.abs(array).max()
        if array.ndim < 2:
            if (array < 0).any():
                raise fail(name, array, "no negative entry")
            return
        if array.shape[0] != array.shape[1]:
            raise fail(name, f"an array of shape {array.shape}", expected)
        asymmetry = np.abs(array - array.T).max()
        if asymmetry > ROUNDING * scale:
            raise fail(name, f"a matrix with asymmetry {asymmetry:.3g}", "a symmetric matrix")
        lowest = np.linalg.eigvalsh(array).min()
        if lowest < -ROUNDING * scale:
            shown = f"a matrix with eigenvalue {lowest:.3g}"
            raise fail(name, shown, "a positive semi-definite matrix")

    return floating(name, value, (0, 1, 2), expected, psd)


def second_moments(name: str, value: object, K: int, d: int) -> Float[Array, "..."]:
    """E[w_j w_k^T] of K vectors: (K, K, d), diagonals, or (K, K, d, d), PSD as one matrix."""
    expected = f"an array of shape {(K, K, d)} or {(K, K, d, d)}"

    def psd(array: np.ndarray) -> None:
        # One K x K matrix per coordinate, or one of size K d.
        joint = array.transpose(2, 0, 1) if array.ndim == 3 else _joint(array)[None]
        scale = np.abs(joint).max()
        if np.abs(joint - joint.mT).max() > ROUNDING * scale:
            raise fail(name, "C_jk that are not C_kj^T", "second moments, C_jk = C_kj^T")
        lowest = np.linalg.eigvalsh(joint).min()
        if lowest < -ROUNDING * scale:
            shown = f"second moments with eigenvalue {lowest:.3g}"
            raise fail(name, shown, "positive semi-definite second moments")

    array = floating(name, value, (3, 4), expected)
    if array.shape not in ((K, K, d), (K, K, d, d)):
        raise fail(name, f"an array of shape {array.shape}", expected)
    known = concrete(array)
    if known is not None:
        psd(known)
    return array


def _joint(blocks: np.ndarray) -> np.ndarray:
    """The K d x K d matrix of K x K blocks."""
    K, _, d, _ = blocks.shape
    return blocks.transpose(0, 2, 1, 3).reshape(K * d, K * d)


def concrete(value: object) -> np.ndarray | None:
    """The numbers that `value` holds; None if it stands for them inside a JAX transformation."""
    return None if isinstance(value, jax.core.Tracer) else np.asarray(value)
