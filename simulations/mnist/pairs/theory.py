"""The closed form of a linear classifier of images, from training images alone.

Trained on n images it has weights of mean w_bar = (Sigma + kappa)^-1 Sigma w, w the best linear
predictor of the labels, and covariance (E/n) (Sigma + kappa)^-2 Sigma, E the squared error on fresh
labels: the deterministic equivalent of the classical model.  So the chance that it gets an image x of
label y wrong is

    Phi(-y (x.w_bar + offset) / sqrt((E/n) x^T (Sigma + kappa)^-2 Sigma x)),

and the share of errors is the mean of that over images: nothing supposes that margins are Gaussian, or
labels signs of a linear function.  Images of a fold stand for fresh ones.  Their w_bar is that of a
ridge regression on the N other images, at the ridge kappa (1 - df1/N), which has the same kappa: it has
the same mean, and a covariance of its own, (E_N/N) times the same matrix, which is taken from E/n.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

import collapse_theory as ct
from simulations.forecast.population import directions, population
from simulations.forecast.sums import sums_of
from simulations.mnist.pairs.pair import Pair

FOLDS = 5
Real = Float[Array, ""] | float


class Known(NamedTuple):
    """What the closed form knows of a pool, and sums over the images of its folds."""

    eigenvalues: Float[Array, " d"]
    turned: Float[Array, "N d"]  # the pool's images in the eigenbasis, squared
    grams: Float[Array, "folds d d"]
    sums: Float[Array, "folds d"]  # of x y
    squares: Float[Array, " d"]  # of w's coordinates, unbiased
    noise: Float[Array, ""]  # E |y - offset - x.w|^2


class Predicted(NamedTuple):
    """Mean squared error on true labels, and the share of images that are got wrong."""

    error: Float[Array, ""]
    wrong: Float[Array, ""]


class Constants(NamedTuple):
    """Numbers of a training: kappa, df1, the excess on true labels and the error on its own."""

    kappa: Float[Array, ""]
    df1: Float[Array, ""]
    excess: Float[Array, ""]
    error: Float[Array, ""]


@jax.jit
def known_of(pair: Pair) -> Known:
    """From the pool of a pair: its population as the forecast estimates it, without bias."""
    X, y = pair.pool, pair.labels - pair.offset
    sums = sums_of(X, [y[:, None]])
    known, (_, basis) = population(sums), directions(sums)
    folds = [X * _inside(len(X), fold)[:, None] for fold in range(FOLDS)]
    return Known(
        known.eigenvalues,
        (X @ basis) ** 2,
        jnp.stack([rows.T @ rows for rows in folds]),
        jnp.stack([rows.T @ y for rows in folds]),
        known.moments[0, 0],
        known.noises[0],
    )


def _inside(images: int, fold: int) -> Float[Array, " N"]:
    """1 for the images of this fold, else 0."""
    return (jnp.arange(images) % FOLDS == fold).astype(float)


def predicted(pair: Pair, known: Known, n: int, ridge: float, flip: float) -> Predicted:
    """Of training on n images whose labels are flipped with probability `flip`.

    Raises ArithmeticError where the equations could not be solved.
    """
    answer = _predicted(pair, known, float(n), ridge, 1 - 2 * flip)
    if not all(np.isfinite(leaf) for leaf in answer):
        raise ArithmeticError("the closed form did not converge")
    return answer


@jax.jit
def _predicted(pair: Pair, known: Known, n: Real, ridge: Real, kept: Real) -> Predicted:
    # Flips are labels of kept w, and noise.
    noise = kept**2 * known.noise + 1 - kept**2
    training = _constants(known, n, ridge, kept, noise)
    size = float(len(pair.pool))
    others = size - size / FOLDS
    ridge_of_others = training.kappa * (1 - training.df1 / others)
    fit = _constants(known, others, ridge_of_others, 1.0, known.noise)
    spread = training.error / n - kept**2 * fit.error / others
    wrong = []
    for fold in range(FOLDS):
        wrong.append(_wrong(pair, known, fold, (training.kappa, ridge_of_others, spread, kept)))
    error = known.noise + training.excess + ((1 - kept) * pair.offset) ** 2
    return Predicted(error, jnp.sum(jnp.stack(wrong)) / size)


def _constants(known: Known, n: Real, ridge: Real, kept: Real, noise: Real) -> Constants:
    shares = jnp.stack([jnp.ones(()), jnp.asarray(kept)])
    moments = shares[:, None, None] * shares[None, :, None] * known.squares[None, None]
    sources = (ct.Source(0.0, known.eigenvalues), ct.Source(n, known.eigenvalues, noise))
    problem = ct.Problem(sources, None, ridge, moments=moments)
    numbers = ct.diagnose(problem)
    errors = ct.source_errors(problem)
    return Constants(numbers.kappa, numbers.df1, jnp.asarray(ct.predict(problem).total), errors[1])


def _wrong(
    pair: Pair, known: Known, fold: int, numbers: tuple[Array, Array, Array, Real]
) -> Float[Array, ""]:
    """How many images of a fold are got wrong, by models that do not know the fold."""
    kappa, ridge, spread, kept = numbers
    X, inside = pair.pool, _inside(len(pair.pool), fold)
    N = len(X) - jnp.sum(inside)
    gram, moment = ((total.sum(axis=0) - total[fold]) / N for total in (known.grams, known.sums))
    w_bar = jax.scipy.linalg.solve(gram + ridge * jnp.eye(len(gram)), moment, assume_a="pos")
    variance = spread * (known.turned @ (known.eigenvalues / (known.eigenvalues + kappa) ** 2))
    scores = kept * (X @ w_bar + pair.offset)
    chance = jax.scipy.stats.norm.cdf(-pair.labels * scores / jnp.sqrt(variance))
    return jnp.sum(inside * chance)
