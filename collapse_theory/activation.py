"""Moments of an activation function under Gaussian inputs: the limit of nonlinear random features."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.checks import Number

if TYPE_CHECKING:
    Activation = Callable[[Array], Array]
else:  # other values are answered with one sentence
    Activation = object

# Gauss-Legendre rules on panels that shrink towards 0: kinks there are exact, and poles may be near.
NODES, PANEL, FINEST, REACH = 16, 0.5, 6, 12.0
# Shares of the variance that are rounding: squares of errors of 1e-12.
NOTHING = 1e-24
# A function that has this share of its square in the last panels goes on beyond them.
CUT_OFF = 1e-12


class ActivationMoments(NamedTuple):
    """phi(sqrt(v) g) = mean + slope sqrt(v) g + a rest, of mean square `noise`, that is no line."""

    mean: Float[Array, "..."]
    slope: Float[Array, "..."]
    noise: Float[Array, "..."]


def activation_moments(activation: Activation, variance: Number) -> ActivationMoments:
    """What a nonlinear feature keeps of its input u = sqrt(v) g, g ~ N(0, 1), v = `variance`:

        mean = E phi(u),      slope a = E[phi(u) u] / v,      noise b^2 = E (phi(u) - mean - a u)^2,

    so that features phi(S^T x) - mean act as a S^T x + b xi, xi ~ N(0, I) (Gaussian equivalence: Mei
    and Montanari, arXiv 1908.05355; Hu and Lu, arXiv 2009.07669).  ReLU has a = 1/2 and b^2 =
    v (1/4 - 1/(2 pi)).

    By Gauss-Legendre rules on short panels, right to 1e-13 for functions that are smooth but for kinks
    at 0; a kink or jump elsewhere costs digits.  NaN for functions that grow so fast that 12 standard
    deviations do not hold their variance.  A rest below 1e-12 of phi is rounding, and
    counts as 0.

    - `activation`: phi, a function of arrays that works entry by entry;
    - `variance`: v > 0, a number.

    Differentiable in the variance.  Raises ValueError for a function that is not of that kind.
    """
    v = checks.number("variance", variance, above=0)
    g, weights = map(jnp.asarray, gaussian_rule())
    return moments_of(_values(activation, jnp.sqrt(v) * g), jnp.sqrt(v), g, weights)


def moments_of(values: Array, root: Array, g: Array, weights: Array) -> ActivationMoments:
    """The moments of phi(root g) from its values at the nodes g of a rule for E."""
    mean = values @ weights
    tilt = values @ (weights * g)
    rest = values - mean - tilt * g
    noise, whole = rest**2 @ weights, values**2 @ weights
    edge = values**2 @ jnp.where(jnp.abs(g) > REACH - PANEL, weights, 0.0)
    noise = jnp.where(noise > NOTHING * whole, noise, 0.0)
    return ActivationMoments(mean, tilt / root, jnp.where(edge > CUT_OFF * whole, jnp.nan, noise))


def gaussian_rule() -> tuple[Float[np.ndarray, " nodes"], Float[np.ndarray, " nodes"]]:
    """Nodes g and weights of the expectation over a standard normal variable."""
    fine = PANEL * 2.0 ** -np.arange(FINEST, 0, -1)
    edges = np.concatenate([[0.0], fine, np.arange(PANEL, REACH + PANEL / 2, PANEL)])
    edges = np.concatenate([-edges[:0:-1], edges])
    x, w = np.polynomial.legendre.leggauss(NODES)
    half = np.diff(edges)[:, None] / 2
    nodes = (edges[:-1, None] + half + half * x).ravel()
    weights = (half * w).ravel() * np.exp(-(nodes**2) / 2) / np.sqrt(2 * np.pi)
    return nodes, weights


def _values(activation: Activation, inputs: Float[Array, " nodes"]) -> Float[Array, " nodes"]:
    try:
        values: Any = jnp.asarray(activation(inputs))
    except TypeError as error:
        raise checks.fail("activation", name_of(activation), f"a function of arrays ({error})") from None
    if values.shape != inputs.shape:
        raise checks.fail("activation", name_of(activation), "a function that works entry by entry")
    return values.astype(float)


def checked_activation(activation: Activation, variances: list[Any]) -> Activation:
    """The activation, if features with these input variances (those that are known) can learn.

    Raises ValueError for what is no function, and one without a slope.
    """
    if not callable(activation):
        raise checks.fail("activation", repr(activation), "a function of arrays, such as jax.nn.relu")
    for variance in variances:
        if checks.concrete(variance) is None:
            continue
        mean, slope, noise = activation_moments(activation, variance)
        linear, whole = slope**2 * variance, mean**2 + slope**2 * variance + noise
        if checks.concrete(whole) is None:
            continue
        if not np.isfinite(whole):
            expected = "a function of finite variance, reached within 12 deviations of its input"
            raise checks.fail("activation", name_of(activation), expected)
        if linear <= NOTHING * whole:
            expected = "a function with E phi(g) g other than 0: an even one learns nothing linear"
            raise checks.fail("activation", name_of(activation), expected)
    return activation


def name_of(activation: Any) -> str:
    """What people call a function."""
    return getattr(activation, "__name__", repr(activation))


def linear_only(name: str, *problems: Any) -> None:
    """Refuse nonlinear features, for which what `name` says is not known.

    Raises ValueError.
    """
    for problem in problems:
        activation = getattr(problem, "activation", None)
        if activation is not None:
            expected = f"None, as {name} is known for linear features only"
            raise checks.fail("activation", name_of(activation), expected)
