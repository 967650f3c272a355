"""Real data, a good and a poor generator: how much of the poor one's data can be afforded?"""

import collapse_theory as ct


def problem(n, poor_fraction=0.1, quality_poor=0.5, quality_good=0.01, ridge=1e-3, width=None):
    """Real data (half of them) with labels of a good and of a poor generator.

    - `n`: samples in all
    - `poor_fraction`: part of them from the poor generator, at most a half
    - `quality_poor`: its c^2
    - `quality_good`: c^2 of the good one, which makes what is left
    """
    covariance = ct.spectra.power_law(d=100, exponent=1.0)
    return ct.Problem(
        sources=(
            ct.Source(n / 2, covariance, noise=0.1),
            ct.Source(n * (0.5 - poor_fraction), covariance, noise=0.1, shift=quality_good),
            ct.Source(n * poor_fraction, covariance, noise=0.1, shift=quality_poor),
        ),
        signal=1.0,
        ridge=ridge,
        width=width,
    )
