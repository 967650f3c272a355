"""The model size that is best on real data alone need not be best on the mix: poorer synthetic labels harm the largest models
most.

The paper's Figure 1: error trained on the mix against error trained on real data only, by model size.
"""

import matplotlib as mpl
import numpy as np

import collapse_theory as ct
from figures.house.run import Run
from workbench.picture import Picture

FRACTIONS = (0.1, 0.5, 0.8)
QUALITIES = (0.1, 0.5, 1.0)
STYLES = ("-", "--", "-.")
NOISE, RIDGE = 0.1, 1e-2


def draw(run: Run) -> Picture:
    """A curve for each quality, a panel for each synthetic fraction, points coloured by width."""
    d, n, seeds = run.pick(600, 60), run.pick(500, 40), run.pick(16, 16)
    widths = np.array(run.pick([50, 120, 250, 400, 600, 900, 1500, 4000], [20, 60, 600]))
    covariance = ct.spectra.isotropic(d)

    def problem(m, fraction=0.0, quality=0.0):
        return ct.real_and_synthetic(
            n=n,
            synthetic_fraction=fraction,
            covariance=covariance,
            quality=quality,
            noise=NOISE,
            ridge=RIDGE,
            width=m,
        )

    fractions = run.pick(FRACTIONS, (0.5,))
    picture = Picture(
        [f"p₂ = {fraction:g}" for fraction in fractions],
        x="error on real data only",
        y="error on the mix",
        legend="quality c²",
    )
    line = np.geomspace(widths[0], widths[-1], 200)
    clean = run.predict(problem, line).total
    clean_theory, clean_simulated = run.simulate(problem, widths, seeds)
    shade = mpl.colors.LogNorm(widths[0], widths[-1])
    colours = mpl.colormaps["viridis"]
    for panel, fraction in zip(picture.panels, fractions, strict=True):
        panel.guide(clean, clean, "no collapse", linestyle=":")
        for quality, style in run.few(zip(QUALITIES, STYLES, strict=True)):

            def mixed(m, fraction=fraction, quality=quality):
                return problem(m, fraction, quality)

            label = f"{quality:g}"
            mix = run.predict(mixed, line).total
            panel.line(clean, mix, label, "0.5", linestyle=style, linewidth=1)
            theory, simulated = run.simulate(mixed, widths, seeds)
            for i, m in enumerate(widths):
                here = slice(i, i + 1)
                panel.points(
                    clean_simulated.mean.total[here],
                    simulated.mean.total[here],
                    simulated.stderr.total[here],
                    theory.finite.total[here],
                    theory.total[here],
                    colour=colours(shade(m)),
                    x_stderr=clean_simulated.stderr.total[here],
                    x_theory=clean_theory.finite.total[here],
                )
    scale = mpl.cm.ScalarMappable(shade, colours)
    axes = [panel.axes for panel in picture.panels]
    bar = picture.figure.colorbar(scale, ax=axes, label="width m", location="left", aspect=30)
    bar.ax.minorticks_off()
    picture.caption = (
        f"Isotropic features, d = {d}, n = {n} in all (on the x axis all real), signal tr ΣΓ = 1, noise σ² = "
        f"{NOISE}, ridge {RIDGE:g}; errors are excess test errors in units of the signal. Lines: theory; "
        f"points: mean of {seeds} simulations, bars: standard errors; dotted: as if all data were real."
    )
    return picture
