"""Kernels of random features, and what a Gram matrix of training images says of them at every ridge."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.optimize import brentq

Kernel = Callable[[Array, Array], Array]  # (images, images) -> a matrix

RIDGES = 60  # of a reading, evenly spaced in the logarithm
LARGEST, SMALLEST = 10.0, 1e-10  # ridge, over the largest eigenvalue
REACH = 0.75  # degrees of freedom per image to which a sample is read; near 1 there is no ridge left


def linear_kernel(x: Float[Array, "n d"], y: Float[Array, "k d"]) -> Float[Array, "n k"]:
    """x.y / d, the mean of z(x) z(y) over a column of S, for the projections z = S^T x."""
    return x @ y.T / x.shape[1]


def relu_kernel(x: Float[Array, "n d"], y: Float[Array, "k d"]) -> Float[Array, "n k"]:
    """The mean of z(x) z(y) over a column s ~ N(0, I/d) of S, for the features z = max(s.x, 0).

        K(x, y) = |x| |y| (sin t + (pi - t) cos t) / (2 pi d),      t the angle between x and y

    Cho and Saul, "Kernel methods for deep learning" (2009), order 1.
    """
    lengths = jnp.linalg.norm(x, axis=1)[:, None] * jnp.linalg.norm(y, axis=1)[None]
    cosine = jnp.clip(x @ y.T / jnp.where(lengths > 0, lengths, 1), -1, 1)
    sine, angle = jnp.sqrt(1 - cosine**2), jnp.arccos(cosine)
    return lengths * (sine + (jnp.pi - angle) * cosine) / (2 * jnp.pi * x.shape[1])


KERNELS: dict[str, Kernel] = {"projection": linear_kernel, "relu": relu_kernel}


class Sample(NamedTuple):
    """Eigenvalues of K/N, K the Gram matrix of N images, and the labels' products in its eigenbasis.

    `products` are y_j.u_i y_k.u_i / N for label sets j, k, summed over the classes.
    """

    eigenvalues: Float[Array, " N"]
    products: Float[Array, "K K N"]


class Reading(NamedTuple):
    """What samples say at ridges lambda, as a function of the effective ridge kappa of the population.

    With df(kappa) = sum_i l_i / (l_i + lambda), l_i the eigenvalues of the N images' K/N,

        kappa = lambda / (1 - df/N),      labels_jk = kappa y_j^T (K/N + lambda)^-1 y_k / N .

    The first is the equation for kappa of the paper's Theorem 1 read backwards; `labels` is then the
    limit of E y_j.(y_k - w_k(kappa).x) for ridge regression w_k(kappa) on endless images.
    """

    kappa: Float[np.ndarray, " ridges"]
    df: Float[np.ndarray, " ridges"]
    labels: Float[np.ndarray, "ridges K K"]


@partial(jax.jit, static_argnames="kernel")
def sample(images: Float[Array, "N d"], labels: Float[Array, "K N classes"], kernel: Kernel) -> Sample:
    """The sample of these images.  Costs N^3."""
    N = len(images)
    eigenvalues, basis = jnp.linalg.eigh(kernel(images, images) / N)
    turned = jnp.einsum("ni,jnc->jic", basis, labels)
    return Sample(jnp.maximum(eigenvalues, 0), jnp.einsum("jic,kic->jki", turned, turned) / N)


def reading(samples: Sequence[Sample]) -> Reading:
    """The mean reading of several samples of N images each, down to df = `REACH` N."""
    eigenvalues = np.stack([np.asarray(one.eigenvalues) for one in samples])
    products = np.stack([np.asarray(one.products) for one in samples])
    N, top = eigenvalues.shape[1], eigenvalues.max()

    def df(ridge: float) -> float:
        return float(np.sum(eigenvalues / (eigenvalues + ridge)) / len(eigenvalues))

    low = SMALLEST * top
    if df(low) > REACH * N:
        at = brentq(lambda log: df(np.exp(log)) - REACH * N, np.log(low), np.log(LARGEST * top))
        low = float(np.exp(at))
    ridges = np.geomspace(LARGEST * top, low, RIDGES)
    degrees = np.array([df(ridge) for ridge in ridges])
    kappa = ridges / (1 - degrees / N)
    resolvents = 1 / (eigenvalues + ridges[:, None, None])
    left = np.einsum("rsi,sjki->rjk", resolvents, products) / len(eigenvalues)
    return Reading(kappa, degrees, kappa[:, None, None] * left)
