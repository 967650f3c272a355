"""Larger models hurt below the threshold m = n while n < d; with synthetic data they hurt again beyond m = d, for
every n > d.

The derivative of the error with respect to log m, over sample size and model size.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import matplotlib as mpl
import numpy as np

import collapse_theory as ct
from collapse_theory import Problem
from figures.house.run import Run
from workbench.picture import Picture
from workbench.style import fraction_colours

CASES = {"real data only": 0.0, "half synthetic": 0.5}
QUALITY, NOISE, RIDGE = 1.0, 0.1, 1e-2


def slope(problem: Problem) -> jax.Array:
    """d(error) / d(log m)."""

    def error(log_width):
        return ct.predict(eqx.tree_at(lambda p: p.width, problem, jnp.exp(log_width))).total

    return jax.grad(error)(jnp.log(jnp.asarray(problem.width)))


def draw(run: Run) -> Picture:
    """Two maps of the derivative, and slices checked by differences of simulations."""
    d, seeds = run.pick(200, 60), run.pick(64, 16)
    covariance = ct.spectra.isotropic(d)

    def problem(place, fraction):
        return ct.real_and_synthetic(
            n=place[0],
            synthetic_fraction=fraction,
            covariance=covariance,
            quality=QUALITY,
            noise=NOISE,
            ridge=RIDGE,
            width=place[1],
        )

    slices = [run.pick(d // 2, 40), 2 * d]
    picture = Picture(
        [*CASES, *(f"slice at n = {n}" for n in slices)],
        x=["number of samples n"] * 2 + ["width m (model size)"] * 2,
        y=["width m (model size)"] * 2 + ["d error / d log m"] * 2,
        rows=2,
    )
    maps, cuts = picture.panels[:2], picture.panels[2:]
    axis = np.geomspace(d / 10, 10 * d, run.pick(64, 12))
    n, m = np.meshgrid(axis, axis)
    places = np.stack([n.ravel(), m.ravel()], axis=1)
    colours = mpl.colors.SymLogNorm(0.01, vmin=-1, vmax=1)
    for panel, fraction in zip(maps, CASES.values(), strict=True):

        def everywhere(place, fraction=fraction):
            return problem(place, fraction)

        values = run.evaluate(slope, everywhere, places)
        mesh = panel.field(axis, axis, values.reshape(n.shape), norm=colours, cmap="RdBu_r")
        panel.axes.contour(axis, axis, values.reshape(n.shape), [0.0], colors="black", linewidths=0.8)
        panel.guide(axis, axis, linestyle="--", color="black")
    picture.figure.colorbar(mesh, ax=[panel.axes for panel in maps], label="d error / d log m")
    widths = run.pick([20, 32, 50, 80, 120, 180, 260, 400, 640, 1000, 2000], [20, 60, 600])
    between = np.sqrt(np.multiply(widths[1:], widths[:-1]))
    line = np.geomspace(widths[0], widths[-1], 120)
    for panel, size in zip(cuts, slices, strict=True):
        numbered = fraction_colours([*CASES.values()])
        for (label, fraction), colour in zip(CASES.items(), numbered, strict=True):

            def along(m, fraction=fraction, size=size):
                return problem((size, m), fraction)

            panel.line(line, run.evaluate(slope, along, line), label, colour)
            theory, simulated = run.simulate(along, widths, seeds)
            steps = np.diff(np.log(widths))
            expected, limit, mean = (
                np.diff(risk.total) / steps for risk in (theory.finite, theory, simulated.mean)
            )
            bars = np.hypot(simulated.stderr.total[1:], simulated.stderr.total[:-1]) / steps
            panel.points(between, mean, bars, expected, limit, label, colour)
        panel.axes.set_yscale("symlog", linthresh=0.1)
        panel.axes.axhline(0, color="0.35", linewidth=0.8)
        panel.axes.axvline(size, color="0.35", linestyle=":", linewidth=0.9)
    picture.caption = (
        f"Isotropic features, d = {d}, c² = {QUALITY}, signal tr ΣΓ = 1, noise σ² = {NOISE}, ridge {RIDGE:g}; "
        "errors in units of the signal. Above: theory; red: a larger model is worse, blue: better, black: zero, "
        f"dashed: m = n. Below: lines theory, points differences of neighbouring widths, means of {seeds} "
        "simulations each, bars: standard error; dotted: m = n."
    )
    return picture
