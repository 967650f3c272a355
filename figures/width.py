"""Larger models amplify the collapse up to the interpolation threshold m = n. Beyond it they can mitigate but not remove it:
zeta has its own double descent.

Theorem 2, random projections: error and collapse term against model size.
"""

import numpy as np

import collapse_theory as ct
from figures.house.run import Run
from workbench.picture import Picture
from workbench.style import fraction_colours

FRACTIONS = (0.0, 0.1, 0.5)
QUALITIES = (1.0, 0.1)
NOISE, RIDGE = 0.1, 1e-3


def draw(run: Run) -> Picture:
    """Total error above, zeta below, against the width m; a column for each quality."""
    d, n, seeds = run.pick(200, 60), run.pick(100, 40), run.pick(48, 16)
    widths = run.pick([10, 25, 50, 75, 90, 100, 115, 150, 200, 400, 1500, 8000], [20, 60, 600])
    covariance = ct.spectra.isotropic(d)
    picture = Picture(
        [f"{part}, c² = {quality:g}" for part in ("error", "ζ") for quality in QUALITIES],
        x="width m (model size)",
        y=["excess test error", "", "collapse term ζ", ""],
        rows=2,
        legend="synthetic\nfraction p₂",
    )
    line = np.unique(np.append(np.geomspace(widths[0], widths[-1], 160), n))
    above, below = picture.panels[:2], picture.panels[2:]
    for quality, errors, zetas in zip(QUALITIES, above, below, strict=True):
        for fraction, colour in run.few(zip(FRACTIONS, fraction_colours(FRACTIONS), strict=True)):

            def problem(m, fraction=fraction, quality=quality):
                return ct.real_and_synthetic(
                    n=n,
                    synthetic_fraction=fraction,
                    covariance=covariance,
                    quality=quality,
                    noise=NOISE,
                    ridge=RIDGE,
                    width=m,
                )

            label = f"{fraction:g}"
            curve = run.predict(problem, line)
            theory, simulated = run.simulate(problem, widths, seeds)
            for panel, part in ((errors, "total"), (zetas, "zeta")):
                if part == "zeta" and not fraction:
                    continue
                mean, stderr = getattr(simulated.mean, part), getattr(simulated.stderr, part)
                along, finite = getattr(curve, part), getattr(curve.finite, part)
                panel.line(line, along, label, colour, finite=finite)
                expected = getattr(theory.finite, part), getattr(theory, part)
                panel.points(widths, mean, stderr, *expected, label, colour)
    for panel in picture.panels:
        panel.axes.axvline(n, color="0.35", linestyle=":", linewidth=0.9)
    picture.caption = (
        f"Isotropic features, d = {d}, n = {n} (dotted: m = n), signal tr ΣΓ = 1, noise σ² = {NOISE}, ridge "
        f"{RIDGE:g}; errors in units of the signal. Lines: theory; points: mean of {seeds} simulations, bars: "
        "standard error."
    )
    return picture
