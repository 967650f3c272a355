"""Problems at several sizes d, sample sizes and widths proportional to it, for terms of order 1/d."""

import numpy as np

import collapse_theory as ct

SIZES = (15, 30, 60)


def spectrum(d, exponent):
    """The spectral function j^-exponent sampled at the same quantiles for every d, with mean 1."""
    grid = ((np.arange(d) + 0.5) / d + 1 / 15) ** -exponent
    return grid / grid.mean()


def problem(d, *, n, exponent=0.0, other=None, m=None, weight=1.0, ridge=0.05):
    """n samples a feature, a third of them synthetic (of another covariance), width m a feature."""
    real = spectrum(d, exponent)
    synthetic = real if other is None else spectrum(d, other)[::-1]
    sources = (
        ct.Source(round(2 / 3 * n * d), real, 0.3),
        ct.Source(round(1 / 3 * n * d), synthetic, 0.2, 0.5, weight),
    )
    return ct.Problem(sources, 1.0, ridge, None if m is None else round(m * d))


# The six columns of the table.
SETTINGS = {
    "I": {"n": 2.0},
    "j^-1, n < d": {"n": 0.8, "exponent": 1.0},
    "j^-1, other Sigma_2": {"n": 2.0, "exponent": 1.0, "other": 0.5},
    "j^-0.7, m = d/2": {"n": 2.0, "exponent": 0.7, "m": 8 / 15},
    "other Sigma_2, m = 3d/2, n < d": {"n": 0.8, "exponent": 1.0, "other": 0.5, "m": 1.6},
    "other Sigma_2, m = d/2, alpha_2 = 2": {
        "n": 2.0,
        "exponent": 1.0,
        "other": 0.5,
        "m": 8 / 15,
        "weight": 2.0,
    },
}
