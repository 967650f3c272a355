"""While data are scarce, more samples of any source help. Once data are plentiful, more samples of a poorly labelled source
hurt, most of all where its features are distributed differently from the real ones.

Covariate shift and several synthetic sources: which of them hurts, and when.  As half of the data (left) a source
with a spectrum of its own costs less than one with the real spectrum: it takes over fewer directions.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import collapse_theory as ct
from collapse_theory import Problem
from figures.house.run import Run
from workbench.picture import Picture

GOOD, POOR = 0.05, 0.5  # c^2
# Exponent of the spectrum, c^2.
SOURCES = {
    "real": (1.0, 0.0),
    "good labels": (1.0, GOOD),
    "poor labels": (1.0, POOR),
    "poor, flatter": (0.0, POOR),
    "poor, steeper": (2.0, POOR),
}
NOISE, RIDGE = 1.0, 0.03


Sources = dict[str, tuple[float, float]]


def mixture(d: int, sources: Sources, only: int | None = None) -> Callable[[Any], Problem]:
    """The problem of given sample sizes; with `only`, no other source has labels that are false."""
    spectra = [ct.spectra.power_law(d, exponent) for exponent, _ in sources.values()]
    qualities = [c2 if only in (None, k) else 0.0 for k, (_, c2) in enumerate(sources.values())]

    def problem(counts):
        parts = zip(counts, spectra, qualities, strict=True)
        return Problem([ct.Source(n, spectrum, NOISE, c2) for n, spectrum, c2 in parts], 1.0, RIDGE)

    return problem


def plateau_error(problem: Problem) -> jax.Array:
    """The error that no amount of data lowers."""
    return jnp.asarray(ct.plateau(problem).total)


def draw(run: Run) -> Picture:
    """Real data with one source; all sources: what each one's labels cost, and what more of it does."""
    d, seeds = run.pick(150, 60), run.pick(32, 16)
    sources = run.pick(SOURCES, dict(list(SOURCES.items())[:2]))
    problem = mixture(d, sources)
    picture = Picture(
        ["one source, half the data", "all five: part in ζ", "all five: doubling one"],
        x="number of samples n",
        y=["excess test error", "part in the collapse term ζ", "error after doubling / before"],
        legend="source",
    )
    alone, price, worth = picture.panels
    line, n = np.geomspace(2 * d, 1e5, 64), 10 * run.grid(d / 5, 1e4, 5)
    each = np.eye(len(sources))
    fifths = np.full(len(sources), 1 / len(sources))
    costs = run.evaluate(ct.zeta_by_source, problem, np.outer(line, fifths))
    now = run.predict(problem, np.outer(line, fifths)).total
    theory_now, simulated_now = run.simulate(problem, np.outer(n, fifths), seeds)
    for k, label in enumerate(sources):
        halves = (each[0] + each[k]) / 2 if k else each[0] / 2

        def half(n, halves=halves):
            return problem(n * halves)

        run.curve(alone, half, line, n, seeds, label, k)
        alone.level(run.evaluate(plateau_error, problem, [halves])[0])
        if k:
            price.line(line, costs[:, k], label, k)
            theory, simulated = run.simulate(mixture(d, sources, k), np.outer(n, fifths), seeds)
            expected = theory.finite.zeta, theory.zeta
            price.points(n, simulated.mean.zeta, simulated.stderr.zeta, *expected, label, k)
        doubled = fifths * (1 + each[k])
        worth.line(line, run.predict(problem, np.outer(line, doubled)).total / now, label, k)
        theory, simulated = run.simulate(problem, np.outer(n, doubled), seeds)
        ratio = simulated.mean.total / simulated_now.mean.total
        bar = np.hypot(
            simulated.stderr.total / simulated.mean.total,
            simulated_now.stderr.total / simulated_now.mean.total,
        )
        expected = (theory.finite.total / theory_now.finite.total, theory.total / theory_now.total)
        worth.points(n, ratio, ratio * bar, *expected, label, k)
    worth.axes.set_yscale("linear")
    worth.level(1.0)
    picture.caption = (
        f"Spectra ∝ j^-1, flatter: j^0, steeper: j^-2, all with trace d = {d}; shifts Δ ∝ I, c² = {GOOD} (good) "
        f"or {POOR} (poor); signal Γ ∝ I, tr ΣΓ = 1, noise σ² = {NOISE:g}, ridge {RIDGE:g}; errors on real data "
        "in units of the signal. Left: 'real' is the real half alone; dotted: plateaus. Middle, right: n/5 of "
        f"each. Lines: theory; points: mean of {seeds} simulations (middle: only this source with false "
        "labels), bars: standard error."
    )
    return picture
