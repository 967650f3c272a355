"""A generator whose inputs are not the real ones: it mostly shows what is frequent anyway."""

import collapse_theory as ct


def problem(n, synthetic_fraction=0.5, decay=1.5, quality=0.1, noise=0.1, ridge=1e-4):
    """Real data with slowly decaying features, synthetic ones with fast decaying features.

    - `n`: samples in all
    - `synthetic_fraction`: part of them that is synthetic
    - `decay`: eigenvalue j of the synthetic inputs is j^-decay, mean 1 (1 of the real ones)
    - `quality`: c^2 of the synthetic labels on synthetic inputs
    """
    real = ct.spectra.power_law(d=100, exponent=1.0)
    synthetic = ct.spectra.power_law(d=100, exponent=decay)
    return ct.Problem(
        sources=(
            ct.Source(n * (1 - synthetic_fraction), real, noise),
            ct.Source(n * synthetic_fraction, synthetic, noise, shift=quality),
        ),
        signal=1.0,
        ridge=ridge,
    )
