"""Synthetic labels have no noise, real ones do: a weight can favour either."""

import collapse_theory as ct


def problem(n, synthetic_fraction=0.5, weight=1.0, quality=0.05, noise=0.5, ridge=1e-4):
    """Noisy real labels, and clean but wrong synthetic ones with a weight.

    - `n`: samples in all
    - `synthetic_fraction`: part of them that is synthetic
    - `weight`: of a synthetic sample in the training loss, 1 of a real one
    - `quality`: c^2 of the synthetic labels
    - `noise`: variance of the real labels' noise
    """
    covariance = ct.spectra.isotropic(50)
    return ct.Problem(
        sources=(
            ct.Source(n * (1 - synthetic_fraction), covariance, noise),
            ct.Source(n * synthetic_fraction, covariance, 0.0, shift=quality, weight=weight),
        ),
        signal=1.0,
        ridge=ridge,
    )
