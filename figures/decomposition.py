"""Bias, variance and the collapse term, stacked: more data remove the first two. The third remains, at every width.

The three parts of Theorem 2, against n at a fixed width and against the width at fixed n.
"""

import numpy as np

import collapse_theory as ct
from figures.house.run import Run
from workbench.picture import Picture

FRACTION, QUALITY, NOISE, RIDGE = 0.5, 1.0, 0.2, 1e-2
STACK = ("bias", "variance", "zeta")
LABELS = ("bias B", "variance V", "collapse ζ")


def draw(run: Run) -> Picture:
    """Cumulated parts against n, and against m."""
    d, seeds = run.pick(200, 60), run.pick(48, 16)
    m, n = run.pick(2 * d, 600), run.pick(d // 2, 40)
    covariance = ct.spectra.power_law(d, 0.5)

    def problem(n, m):
        return ct.real_and_synthetic(
            n=n,
            synthetic_fraction=FRACTION,
            covariance=covariance,
            quality=QUALITY,
            noise=NOISE,
            ridge=RIDGE,
            width=m,
        )

    picture = Picture(
        [f"m = {m}", f"n = {n}"],
        x=["number of samples n", "width m (model size)"],
        y=["excess test error"] * 2,
        scales=("log", "linear"),
    )
    samples = run.pick(2 * run.grid(d // 10, 50 * d, 9), [40, 200, 2000])
    widths = run.pick([10, 25, 50, 75, 100, 150, 250, 600, 2000], [20, 60, 600])
    for panel, make, xs in (
        (picture.panels[0], lambda n: problem(n, m), samples),
        (picture.panels[1], lambda m: problem(n, m), widths),
    ):
        line = np.geomspace(xs[0], xs[-1], 160)
        curve = run.predict(make, line)
        theory, simulated = run.simulate(make, xs, seeds)
        lower = np.zeros(len(line))
        limit, finite, mean, bar = np.zeros((4, len(xs)))
        for colour, (part, label) in enumerate(zip(STACK, LABELS, strict=True)):
            upper = lower + getattr(curve, part)
            panel.axes.fill_between(line, lower, upper, color=f"C{colour}", alpha=0.35, linewidth=0)
            panel.line(line, upper, label, colour)
            limit, finite = limit + getattr(theory, part), finite + getattr(theory.finite, part)
            mean = mean + getattr(simulated.mean, part)
            # Parts of one draw are correlated: the sum of their bars bounds that of their sum.
            bar = simulated.stderr.total if part == "zeta" else bar + getattr(simulated.stderr, part)
            panel.points(xs, mean, bar, finite, limit, label, colour)
            lower = upper
        panel.axes.set_ylim(0, 1.15 * lower.max())
    picture.caption = (
        f"Power-law features λⱼ ∝ j^-0.5, d = {d}, synthetic fraction p₂ = {FRACTION}, c² = {QUALITY}, signal "
        f"tr ΣΓ = 1, noise σ² = {NOISE}, ridge {RIDGE:g}; errors in units of the signal. Lines: theory, each "
        f"part on top of those before; points: mean of {seeds} simulations, bars: standard error."
    )
    return picture
