"""Without a ridge the error diverges at the interpolation threshold n = d, and synthetic data make this worse: labels that
disagree act like additional noise of variance p₁p₂c². Far beyond the threshold the plateau p₂²c² remains.

Corollary 1 and its continuation below the threshold: classical model, Σ = I, no ridge at all.
"""

import numpy as np

import collapse_theory as ct
from figures.house.run import Run
from workbench.picture import Picture
from workbench.style import fraction_colours

FRACTIONS = (0.0, 0.1, 0.5)
QUALITY, NOISE = 0.5, 0.1
SAMPLES = (0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 1.1, 1.2, 1.5, 2, 4, 10, 40)  # n / d


def draw(run: Run) -> Picture:
    """Error against n on both sides of the threshold, a curve for each synthetic fraction."""
    d, seeds = run.pick(100, 60), run.pick(64, 16)
    covariance = ct.spectra.isotropic(d)
    n = np.round(d * np.array(run.pick(SAMPLES, SAMPLES[::4])))
    # Closest to the threshold where curves are steepest, and interrupted at it.
    line = np.concatenate([d - np.geomspace(d - n[0], 1, 64), [d], d + np.geomspace(1, n[-1] - d, 96)])
    picture = Picture(
        [f"c² = {QUALITY:g}, no ridge"],
        x="number of samples n",
        y="excess test error",
        legend="synthetic fraction p₂",
    )
    panel = picture.panels[0]
    for fraction, colour in run.few(zip(FRACTIONS, fraction_colours(FRACTIONS), strict=True)):

        def problem(n, fraction=fraction):
            return ct.real_and_synthetic(
                n=n,
                synthetic_fraction=fraction,
                covariance=covariance,
                quality=QUALITY,
                noise=NOISE,
                ridge=0.0,
            )

        # Exact for Gaussian features: 1 / |n - d| of theory becomes 1 / (|n - d| - 1).
        run.curve(panel, problem, line, n, seeds, f"{fraction:g}", colour)
        if fraction:
            panel.level(fraction**2 * QUALITY)
    panel.axes.axvline(d, color="0.35", linestyle=":", linewidth=0.9)
    picture.caption = (
        f"Isotropic features, d = {d} (dotted: n = d), signal tr ΣΓ = 1, noise σ² = {NOISE}; errors in units of the "
        f"signal. Lines: theory; points: mean of {seeds} simulations by minimum-norm least squares, bars: standard "
        "error; dotted: p₂²c²."
    )
    return picture
