"""Synthetic data break off the scaling law n^-r of power-law features at p₂²c²; without a ridge the collapse is
worse, near p₂c², until there are more samples than features.

Strong model collapse under capacity and source conditions: slopes, plateaus and cross-over sizes.
"""

from typing import Any

import numpy as np

import collapse_theory as ct
from collapse_theory import Problem
from figures.house.run import Run
from simulations.fit import fit_power_law
from workbench.picture import Picture
from workbench.style import fraction_colours

FRACTIONS = (0.0, 0.01, 0.1, 0.5)
CAPACITY, QUALITY, NOISE = 2.0, 1.0, 0.01
ROUGH, SMOOTH = 2.5, 4.0  # source exponents
CASES = {
    "rough, best ridge": (ROUGH, 1.0),
    "smooth, best ridge": (SMOOTH, 1.0),
    "smooth, no ridge": (SMOOTH, 0.0),
}
STAR: dict[str, Any] = {
    "marker": "*",
    "markersize": 7,
    "linestyle": "none",
    "color": "black",
    "zorder": 5,
}


def mixture(d: int, fraction: float, source: float, ridge: float) -> Problem:
    """Power-law features, signal and shift at n = 1, for `at_size` to grow."""
    spectrum = ct.spectra.power_law(d, CAPACITY)
    covariance = spectrum / spectrum[0]
    return ct.real_and_synthetic(
        n=1.0,
        synthetic_fraction=fraction,
        covariance=covariance,
        signal=ct.source_condition(covariance, source),
        quality=ct.source_condition(covariance, source, QUALITY),
        noise=NOISE,
        ridge=ridge,
    )


def draw(run: Run) -> Picture:
    """Error against n, a panel for each signal and ridge, a curve for each synthetic fraction."""
    d, seeds = run.pick(240, 60), run.pick(24, 16)
    sizes = np.array(run.pick([10, 40, 400, 3000, 2e4, 2e5, 4e6], [10, 120, 1000, 1e6]))
    line, few = np.geomspace(8, 1e7, 160), np.geomspace(8, d**2, 20)
    x, y = "number of samples n", "excess test error"
    picture = Picture(list(CASES), x=x, y=y, legend="synthetic fraction p₂")
    curves = list(zip(fraction_colours(FRACTIONS), FRACTIONS, strict=True))
    ridges, fits = [], []
    for panel, (source, ridge) in zip(picture.panels, CASES.values(), strict=True):
        law = ct.scaling_exponents(CAPACITY, source)
        stars = []
        for colour, p2 in run.pick(curves, curves[::2]):
            first = mixture(d, p2, source, ridge)

            def problem(n, first=first, law=law):
                return ct.at_size(first, n, law.ridge_exponent)

            label = f"{p2:g}"
            along = run.predict(problem, line)
            curve = along.total
            panel.line(line, curve, label, colour, finite=along.finite.total)
            # Whole numbers of synthetic samples.
            n = np.unique(np.maximum(np.round(sizes * p2), 1) / p2) if p2 else sizes
            theory, simulated = run.simulate(problem, n, seeds)
            mean, bar = simulated.mean.total, simulated.stderr.total
            panel.points(n, mean, bar, theory.finite.total, theory.total, label, colour)
            if p2:
                panel.level(p2**2 * QUALITY)
                crossover = float(ct.crossover(first, law.ridge_exponent))
                stars.append((crossover, float(run.predict(problem, [crossover]).total[0])))
            elif ridge:
                slope = 0.4 * curve[0] * (few / few[0]) ** -law.best
                steep = n < 100 * d
                fits.append(fit_power_law(n[steep], mean[steep], bar[steep], floor=False).exponent)
                ridges.append(law.ridge_exponent)
            if not ridge:
                floor = law.noise_gain * NOISE + (p2**2 + law.noise_gain * p2 * (1 - p2)) * QUALITY
                panel.guide([line[0], d / 2], [floor, floor])
        if ridge:
            panel.guide(few, slope, "scaling law")
            panel.axes.text(0.06, 0.06, f"dashed: slope −{law.best:.2f}", transform=panel.axes.transAxes)
            n_star, error = np.transpose(stars)
            panel.guide(n_star, error, "cross-over n*", **STAR)
    picture.caption = (
        f"Features λⱼ = j^-{CAPACITY:g}, d = {d}; signal and shift λⱼΓⱼ, λⱼΔⱼ ∝ j^-b, b = {ROUGH:g} (rough), "
        f"{SMOOTH:g} (smooth); tr ΣΓ = 1, c² = {QUALITY:g}, noise σ² = {NOISE}; errors in units of the signal. "
        f"Best ridge n^-{ridges[0]:.2g}, n^-{ridges[1]:.2g}. Lines: theory; points: mean of {seeds} simulations, "
        "bars: standard error; dotted: p₂²c²; dashed: laws as d → ∞, slopes shifted down, floors without a ridge "
        f"(α−1)σ² + (p₂² + (α−1)p₁p₂)c², α = {CAPACITY:g}; stars: half the error is collapse. Fitted to clean "
        f"points, n < 100d: slopes −({fits[0]}) and −({fits[1]}), sampling errors only."
    )
    return picture
