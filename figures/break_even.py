"""The first synthetic samples help if their labels are better than a threshold that depends on the model; near the
interpolation threshold even good labels hurt.

The quality c² at which a first synthetic sample neither helps nor hurts, over sample size and model size.
"""

import matplotlib as mpl
import numpy as np

import collapse_theory as ct
from figures.house.arrays import Curve, Theory
from figures.house.run import Run
from workbench.picture import Picture

NOISE, RIDGE = 0.1, 1e-2
ADDED = 0.1  # synthetic samples of the simulation, over the real ones
WIDTHS = (0.5, 2.0)  # m / d


def draw(run: Run) -> Picture:
    """A map of the threshold, and cuts of it checked where simulations change sign."""
    d, seeds = run.pick(100, 60), run.pick(1000, 64)

    def problem(place, added=0.0):
        n, m = place
        return ct.real_and_synthetic(
            n=(1 + added) * n,
            synthetic_fraction=added / (1 + added),
            covariance=ct.spectra.isotropic(d),
            quality=1.0,
            noise=NOISE,
            ridge=RIDGE,
            width=m,
        )

    picture = Picture(
        ["break-even quality c²", "cuts"],
        x=["number of real samples n"] * 2,
        y=["width m (model size)", "break-even quality c²"],
        legend="width m",
    )
    chart, cuts = picture.panels
    axis = np.geomspace(d / 10, 10 * d, run.pick(64, 12))
    n, m = np.meshgrid(axis, axis)
    values = run.evaluate(ct.break_even, problem, np.stack([n.ravel(), m.ravel()], axis=-1))
    norm = mpl.colors.SymLogNorm(0.1, vmin=-10, vmax=10)
    mesh = chart.field(axis, axis, values.reshape(n.shape), norm=norm, cmap="RdBu")
    chart.axes.contour(axis, axis, values.reshape(n.shape), [0.0], colors="black", linewidths=0.8)
    picture.figure.colorbar(mesh, ax=chart.axes, label="c²")
    places = np.array(run.pick([20, 40, 60, 140, 200, 300, 500, 800], [60, 140, 300]))
    line = np.geomspace(places[0], places[-1], 120)
    for colour, ratio in run.few(enumerate(WIDTHS)):

        def along(n, ratio=ratio):
            return problem((n, ratio * d))

        def with_more(n, ratio=ratio):
            return problem((n, ratio * d), ADDED)

        label = f"{ratio:g} d"
        first = run.evaluate(ct.break_even, along, line)
        cuts.guide(line, first, color=f"C{colour}")
        cuts.line(line, _equal(run.predict(along, line), run.predict(with_more, line)), label, colour)
        before, simulated = run.simulate(along, places, seeds)
        after, changed = run.simulate(with_more, places, seeds)
        # The error bar of zeta is far below that of the small difference.
        bar = np.hypot(simulated.stderr.total, changed.stderr.total) / changed.mean.zeta
        expected = _equal(before.finite, after.finite), _equal(before, after)
        cuts.points(places, _equal(simulated.mean, changed.mean), bar, *expected, label, colour)
    cuts.axes.set_yscale("symlog", linthresh=0.1)
    cuts.axes.axhline(0, color="0.35", linewidth=0.8)
    picture.caption = (
        f"Isotropic features, d = {d}, signal tr ΣΓ = 1, noise σ² = {NOISE}, ridge {RIDGE:g}; c² in units of the "
        "signal. Left: blue: the first synthetic samples help if their labels are better than this; red: they hurt "
        f"whatever their quality. Right: full: c² at which {ADDED:.0%} more samples, all synthetic, change nothing; "
        f"points: where means of {seeds} simulations are equal, bars: standard error; dashed: the first sample."
    )
    return picture


def _equal(before: Curve | Theory, after: Curve | Theory) -> np.ndarray:
    """The c² that makes both errors equal, if the samples that are added have c² = 1."""
    return (before.total - after.bias - after.variance) / after.zeta
