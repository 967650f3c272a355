"""No fixed weight of the synthetic data escapes the floor a²c². The best weight tends to 0 like 1/n, which discards them.

Corollary 2, single-step mixing: error against the weight a, and the best weight against n.
"""

import numpy as np

import collapse_theory as ct
from figures.house.run import Run
from workbench.picture import Picture

FRACTION, QUALITY, NOISE, RIDGE = 0.5, 0.5, 0.2, 1e-8
QUALITIES = (0.05, 0.5, 5.0)


def best_weight(problem):
    """The weight of smallest error."""
    return ct.best(lambda a: ct.single_step_mixing(problem, a), a=(1e-7, 1.0)).arguments["a"]


def draw(run: Run) -> Picture:
    """Error against the weight for several n; the best weight against n for several qualities."""
    d, seeds = run.pick(100, 60), run.pick(64, 16)
    covariance = ct.spectra.isotropic(d)

    def problem(n, quality=QUALITY):
        return ct.real_and_synthetic(
            n=n,
            synthetic_fraction=FRACTION,
            covariance=covariance,
            quality=quality,
            noise=NOISE,
            ridge=RIDGE,
        )

    picture = Picture(
        [f"error, c² = {QUALITY}", "best weight"],
        x=["weight a of the synthetic data", "samples per feature n / d"],
        y=["excess test error", "best weight a"],
    )
    left, right = picture.panels
    line = np.geomspace(1e-5, 0.99, 120)
    weights = run.pick([1e-4, 1e-3, 1e-2, 0.05, 0.2, 0.5, 0.9], [1e-3, 1e-2, 0.1, 0.5])
    for colour, ratio in run.few(enumerate((10, 100, 10_000, 1_000_000))):

        def weighed(a, ratio=ratio):
            return ct.single_step_mixing(problem(ratio * d), a)

        run.curve(left, weighed, line, weights, seeds, f"n = {ratio:,} d", colour)
    left.guide(line, line**2 * QUALITY)
    left.axes.set_ylim(1e-10, 2)  # room for the legend
    ratios = np.geomspace(3, 1e6, run.pick(64, 16))
    for colour, quality in enumerate(run.pick(QUALITIES, QUALITIES[:1])):

        def at(ratio, quality=quality):
            return problem(ratio * d, quality)

        right.line(ratios, run.evaluate(best_weight, at, ratios), f"c² = {quality:g}", colour)
        first_order = ct.corollary_2_best_weight(d=1, n=ratios, p2=FRACTION, sigma2=NOISE, c2=quality)
        right.guide(ratios, first_order, "σ²d / (p₁c²n)" if quality == QUALITIES[0] else "")
    right.axes.set_ylim(1e-7, 1.5)
    picture.place = None
    picture.caption = (
        f"Isotropic features, d = {d}, p₂ = {FRACTION}, signal tr ΣΓ = 1, noise σ² = {NOISE}, ridge {RIDGE:g}; errors "
        f"in units of the signal; a = {FRACTION} is no weighting. Left: lines theory, points mean of {seeds} "
        "simulations, bars: standard error, dashed: the floor a²c². Right: best weight by gradients through the theory, "
        "dashed: Corollary 2 to first order in d/n."
    )
    return picture
