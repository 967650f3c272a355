"""Made data: two Gaussian sources whose covariances, signals, means and noises differ."""

import numpy as np

D = 12
RNG = np.random.default_rng(5)
SPECTRUM = np.arange(1, D + 1.0) ** -0.7
ROOTS = [np.sqrt(SPECTRUM)[:, None] * np.linalg.qr(RNG.normal(size=(D, D)))[0]]
ROOTS.append(ROOTS[0] @ (np.eye(D) + 0.3 * RNG.normal(size=(D, D)) / np.sqrt(D)))
SIGNALS = [RNG.normal(size=D) / np.sqrt(D)]
SIGNALS.append(SIGNALS[0] + 0.5 * RNG.normal(size=D) / np.sqrt(D))
NOISES, MEANS = (0.8, 0.5), (0.0, 0.3)


def draw(random: np.random.Generator, n: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Features (n, D) and labels (n, 1) of source k."""
    x = MEANS[k] + random.normal(size=(n, D)) @ ROOTS[k]
    return x, (x @ SIGNALS[k] + NOISES[k] * random.normal(size=n))[:, None]


def with_intercept(table: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The features with a last one that is 1."""
    return np.column_stack([table[0], np.ones(len(table[0]))]), table[1]


def risk(weights: np.ndarray) -> float:
    """The error of trained weights, the intercept's last, on endless real data."""
    gap = ROOTS[0] @ (weights[:-1, 0] - SIGNALS[0])
    return float(gap @ gap + weights[-1, 0] ** 2 + NOISES[0] ** 2)
