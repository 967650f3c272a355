"""Nonlinear random features err as their Gaussian equivalent says where the effective dimension of the inputs is
large, for ReLU with a peak at n = m; for steep spectra there is a gap, and it falls like one over that dimension.

z = φ(SᵀX) as it is, against features aSᵀX + bξ: error against width m and sample size n, then |simulation / theory − 1|.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

import collapse_theory as ct
from figures.house.run import Run
from workbench.picture import Panel, Picture

ACTIVATIONS = {"linear": None, "ReLU": jax.nn.relu, "tanh": jnp.tanh}
FRACTION, QUALITY, NOISE, RIDGE = 0.5, 0.5, 0.1, 1e-2
GENTLE, STEEP = 0.0, 1.0  # exponents of spectra
EXPONENTS = [0.25, 0.5, 0.75, 1.0, 1.25]


def draw(run: Run) -> Picture:
    """Error against m and n for isotropic inputs, against m for steep ones, and the gaps."""
    d, seeds = run.pick(120, 24), run.pick(32, 8)
    n, m = 2 * d, d
    widths = run.pick([30, 60, 120, 240, 480, 1200], [12, 48])
    samples = run.pick([60, 120, 240, 480, 960], [24, 48])
    picture = Picture(
        [f"isotropic, n = {n}", f"isotropic, m = {m}", f"spectrum 1/j, n = {n}", "gap at n = m = 2d"],
        x=["width m", "number of samples n", "width m", "effective dimension (tr Σ)² / tr Σ²"],
        y=["excess test error", "excess test error", "excess test error", "|simulation / theory − 1|"],
        rows=2,
        legend="activation",
    )
    by_width, by_samples, steep, gaps = picture.panels
    for colour, name in enumerate(run.few(ACTIVATIONS)):
        _curve(run, by_width, (d, GENTLE, n, None, name), widths, seeds, colour)
        _curve(run, by_samples, (d, GENTLE, None, m, name), samples, seeds, colour)
        # No theory beside these points: that they are not on the line is what they show.
        _curve(run, steep, (d, STEEP, n, None, name), widths, seeds, colour, compared=False)
        if ACTIVATIONS[name] is not None:
            _gaps(run, gaps, d, name, seeds, colour)
    for panel in (by_width, steep):
        panel.axes.axvline(n, color="0.35", linestyle=":", linewidth=0.9)
    by_samples.axes.axvline(m, color="0.35", linestyle=":", linewidth=0.9)
    picture.caption = (
        f"d = {d}, p₂ = {FRACTION}, c² = {QUALITY}, signal tr ΣΓ = 1, noise σ² = {NOISE}, ridge {RIDGE:g}; dotted: n = m. "
        f"Lines: theory, the limit; points: mean of {seeds} simulations of the features themselves, bars: standard "
        "error. Last panel, more draws where d is smaller: open, isotropic inputs of several d; full, spectra "
        f"1/j^a of d = {d}, a from {EXPONENTS[0]} (right) to {EXPONENTS[-1]} (left)."
    )
    return picture


Setting = tuple[int, float, float | None, float | None, str]  # d, exponent, n, m (None: along x), name


def _problem(setting: Setting, x: float) -> ct.Problem:
    d, exponent, n, m, name = setting
    return ct.real_and_synthetic(
        n=x if n is None else n,
        synthetic_fraction=FRACTION,
        covariance=ct.spectra.power_law(d, exponent),
        quality=QUALITY,
        noise=NOISE,
        ridge=RIDGE,
        width=x if m is None else m,
        activation=ACTIVATIONS[name],
    )


def _curve(
    run: Run,
    panel: Panel,
    setting: Setting,
    xs: list[int],
    seeds: int,
    colour: int,
    compared: bool = True,
) -> None:
    """The theory along x, and simulations at some."""
    label = setting[-1]
    line = np.geomspace(xs[0], xs[-1], 61)
    theory = run.predict(partial(_problem, setting), line)
    panel.line(line, theory.total, label, colour)
    expected, (mean, stderr) = run.simulate(partial(_problem, setting), xs, seeds)
    beside = expected.total if compared else None
    panel.points(xs, mean.total, stderr.total, beside, label=label, colour=colour)


def _gaps(run: Run, panel: Panel, d: int, name: str, seeds: int, colour: int) -> None:
    """Gaps to the limit where d falls, and where the spectrum gets steeper."""
    sizes, exponents = run.pick(([30, 60, 120, 240], EXPONENTS), ([12, 24], [0.5]))
    isotropic = [(size, GENTLE) for size in sizes]
    curved = [(d, exponent) for exponent in exponents]
    for kind, cases in (("isotropic", isotropic), ("1/j^a", curved)):
        dimensions, gap, bars = [], [], []
        for size, exponent in cases:
            setting = (size, exponent, 2 * size, None, name)
            eigenvalues = np.asarray(ct.spectra.power_law(size, exponent))
            draws = int(seeds * max(1, (d / size) ** 2))  # the gap is small beside the error bar
            theory, (mean, stderr) = run.simulate(partial(_problem, setting), [2 * size], draws)
            dimensions.append(eigenvalues.sum() ** 2 / (eigenvalues**2).sum())
            gap.append(abs(mean.total[0] / theory.total[0] - 1))
            bars.append(stderr.total[0] / theory.total[0])
        style = {"markerfacecolor": "white"} if kind == "isotropic" else {}
        panel.points(dimensions, gap, bars, label=name, colour=colour, **style)
