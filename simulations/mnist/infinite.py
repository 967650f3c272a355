"""The population that infinitely many random features have, inferred from samples of training images."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.optimize import nnls

from simulations.forecast.population import Population
from simulations.mnist.kernel import Kernel, Reading, reading, sample

# A sample has twice as many images as a model is trained on: the theory of n images never asks for more
# than n degrees of freedom, and what images do that Gaussian features do not changes with n.
IMAGES, SAMPLES = 2, 8
LEAST_IMAGES, MOST_IMAGES = 200, 5000  # of a sample, whose Gram matrix is diagonalised
STEP = 0.5  # of log eigenvalue: the singularities of what is fitted are at a distance pi
ABOVE, BELOW = 0.15, 0.01  # largest and smallest eigenvalue, over the effective ridges of the ends
NO_DIRECTION = 1e-6  # multiplicity of an eigenvalue that the images do not need
WORST_FIT = 0.02  # relative, root mean square
MOST_STEPS = 10_000  # of the least squares without negative weights


def images_of_a_sample(n: int, pool: int) -> int:
    """How many images tell the kernel's spectrum to models of n images; 0 if they are too many."""
    images = max(IMAGES * n, LEAST_IMAGES)
    return images if images <= min(MOST_IMAGES, pool) else 0


def infinite_population(
    images: Float[Array, "N0 d"],
    labels: list[Float[Array, "N0 classes"]],
    kernel: Kernel,
    n: int,
    samples: int = SAMPLES,
) -> Population:
    """The features whose random projections are the random features of this kernel.

    A feature phi(s.x) is a sum over the eigenfunctions of its mean kernel E_s phi(s.x) phi(s.y), each
    with a random coefficient; with Gaussian ones, m features are a projection of the eigenfunctions to
    m dimensions.  Eigenvalues t_i come on a grid, each for as many directions M_i as `spectrum` finds.

    The first images are read, in `samples` parts or fewer of `images_of_a_sample` each, n being the
    models' number of images.  Raises ValueError if n is too large for that, ArithmeticError if
    no spectrum explains what they say.
    """
    N = images_of_a_sample(n, len(images))
    if not N:
        raise ValueError(f"n = {n}: expected at most half of {min(MOST_IMAGES, len(images))}")
    starts = range(0, min(samples, len(images) // N) * N, N)
    stacked = np.stack([np.asarray(one[: len(starts) * N]) for one in labels])
    return spectrum(
        reading([sample(images[at : at + N], stacked[:, at : at + N], kernel) for at in starts])
    )


def spectrum(read: Reading) -> Population:
    """Eigenvalues t_i with multiplicities M_i, and second moments C_jk of the best linear predictors.

        df(kappa) = sum_i M_i t_i / (t_i + kappa)
        labels_jk(kappa) = sum_i M_i t_i C_jk,i kappa / (t_i + kappa) + noise_jk

    fitted at all effective ridges together with nothing negative, in relative terms (ours; for M the
    inversion of El Karoui, arXiv math/0609418).  How many eigenfunctions to keep is no question then:
    the part of the kernel's trace that no ridge resolves goes to the smallest eigenvalues, as directions
    so many that they are what noise of the features would be.  Raises ArithmeticError where no spectrum
    fits better than to `WORST_FIT`.
    """
    kappa, df, labels = read
    grid = np.exp(np.arange(np.log(ABOVE * kappa[0]), np.log(BELOW * kappa[-1]), -STEP))
    shares = grid / (grid + kappa[:, None])
    multiplicities = np.maximum(_positive(shares, df), NO_DIRECTION)
    unlearned = np.column_stack([1 - shares, np.ones(len(kappa))])
    sets = len(labels[0])
    own = np.stack([_positive(unlearned, labels[:, k, k]) for k in range(sets)])
    moments = np.empty((sets, sets, len(grid)))
    for j in range(sets):
        moments[j, j] = own[j, :-1]
        for k in range(j):  # a product from the square of a difference, which is positive too
            between = labels[:, j, j] + labels[:, k, k] - 2 * labels[:, j, k]
            apart = _positive(unlearned, between)[:-1]
            moments[j, k] = moments[k, j] = (own[j, :-1] + own[k, :-1] - apart) / 2
    moments /= multiplicities * grid
    return Population(*map(jnp.asarray, (grid, moments, own[:, -1], multiplicities)))


def _positive(
    shapes: Float[np.ndarray, "ridges entries"], values: Float[np.ndarray, " ridges"]
) -> Float[np.ndarray, " entries"]:
    """Weights >= 0 of the shapes whose sum is nearest to these values, all relative to them."""
    if not values.any():  # two sets of the same labels
        return np.zeros(shapes.shape[1])
    try:
        weights, left = nnls(shapes / values[:, None], np.ones(len(values)), maxiter=MOST_STEPS)
    except RuntimeError:
        raise ArithmeticError(f"no spectrum was fitted to the images in {MOST_STEPS} steps") from None
    if not left <= WORST_FIT * np.sqrt(len(values)):
        raise ArithmeticError(f"no spectrum explains the images: relative gap {left:.2g}")
    return weights
