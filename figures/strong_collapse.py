"""With any fixed fraction p₂ > 0 of synthetic data, however small, the error stops falling at p₂²c².

Strong model collapse: Theorem 1 and Corollary 1 of the paper.
"""

import numpy as np

import collapse_theory as ct
from figures.house.run import Run
from workbench.picture import Picture
from workbench.style import fraction_colours

FRACTIONS = (0.0, 0.001, 0.01, 0.1, 0.5)
QUALITIES = (1.0, 0.1)
NOISE = 0.1


def draw(run: Run) -> Picture:
    """Error against n, a panel for each quality, a curve for each synthetic fraction."""
    d, seeds = run.pick(200, 60), run.pick(48, 16)
    covariance = ct.spectra.isotropic(d)
    picture = Picture(
        [f"c² = {quality:g}" for quality in QUALITIES],
        x="number of samples n",
        y="excess test error",
        legend="synthetic fraction p₂",
    )
    line = np.geomspace(1.5 * d, 1e10, 120)
    points = run.grid(1, 1e7, 8) * 1000  # multiples of 1000: whole numbers of synthetic samples
    for panel, quality in zip(picture.panels, QUALITIES, strict=True):
        for fraction, colour in run.few(zip(FRACTIONS, fraction_colours(FRACTIONS), strict=True)):

            def problem(n, fraction=fraction, quality=quality):
                return ct.real_and_synthetic(
                    n=n,
                    synthetic_fraction=fraction,
                    covariance=covariance,
                    quality=quality,
                    noise=NOISE,
                    ridge=1e-8,
                )

            run.curve(panel, problem, line, points, seeds, f"{fraction:g}", colour)
            if fraction:
                panel.level(fraction**2 * quality)
    picture.caption = (
        f"Isotropic features, d = {d}, signal tr ΣΓ = 1, noise σ² = {NOISE}, ridge 1e-8; errors in units of "
        f"the signal. Lines: theory; points: mean of {seeds} simulations, bars: standard error; dotted: "
        "p₂²c². A simulation is exact at any n: it draws the Gram matrix."
    )
    return picture
