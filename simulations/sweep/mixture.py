"""The paper's two sources, the problem of a sweep that names no other."""

from collapse_theory import Problem, real_and_synthetic, spectra


def problem(
    d: int = 100,
    exponent: float = 0.0,
    n: int = 1000,
    synthetic_fraction: float = 0.1,
    quality: float = 0.5,
    noise: float = 0.1,
    signal: float = 1.0,
    ridge: float = 1e-6,
    width: int | None = None,
    weight: float = 1.0,
) -> Problem:
    """Real data and a part of synthetic data with the same power-law covariance.

    - `d`: number of features
    - `exponent`: eigenvalues of Sigma go as j^-exponent, mean 1
    - `n`: number of training samples, real and synthetic
    - `synthetic_fraction`: part of the samples that is synthetic
    - `quality`: tr(Sigma Delta) of the synthetic labels, small is good
    - `noise`: variance of the label noise
    - `signal`: variance of the noiseless labels
    - `ridge`: 0 for the ridgeless limit
    - `width`: columns of the random projection, none for the classical model
    - `weight`: loss weight of a synthetic sample
    """
    return real_and_synthetic(
        n=n,
        synthetic_fraction=synthetic_fraction,
        covariance=spectra.power_law(d, exponent),
        signal=signal,
        quality=quality,
        noise=noise,
        ridge=ridge,
        width=width,
        weight=weight,
    )
