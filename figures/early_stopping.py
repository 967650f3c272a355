"""Early stopping acts much like a ridge: even at the best time, the error on mixed data stops falling near p₂²c².

Gradient flow on real and synthetic data: error against the time, and at the best time against n.
"""

import jax.numpy as jnp
import numpy as np

import collapse_theory as ct
from figures.house.run import Run
from simulations.training.algorithms import GradientFlow
from workbench.picture import Picture
from workbench.style import fraction_colours

QUALITY, NOISE, DECAY = 0.5, 0.5, 1.0
FRACTION = 0.1  # of the left panel
FRACTIONS = (0.0, 0.01, 0.1, 0.5)
TIMES, RIDGES = (1e-2, 1e8), (1e-8, 1e2)


def stopped(question):
    """The error of a problem, trained up to a time."""
    problem, time = question
    return ct.gradient_flow(problem, time).total


def best_stopped(problem):
    """The error at the best time, and that time."""
    best = ct.best(lambda time: (problem, ct.SpectralFilter.flow(time)), time=TIMES)
    return jnp.stack([best.risk.total, best.arguments["time"]])


def best_of_few(problem):
    """The same among eight times: programs of minutes become programs of seconds."""
    times = jnp.geomspace(0.1, 1e4, 8)
    errors = ct.gradient_flow(problem, times).total
    return jnp.stack([jnp.min(errors), times[jnp.argmin(errors)]])


def best_ridge(problem):
    """The error of the best ridge in place of a time."""

    def with_ridge(ridge):
        sources, counts = problem.sources, problem.multiplicities
        return ct.Problem(sources, problem.signal, ridge, multiplicities=counts)

    return ct.best(with_ridge, ridge=RIDGES).risk.total


def draw(run: Run) -> Picture:
    """Error against the time for several n; error at the best time against n for several p₂."""
    d, seeds = run.pick(100, 60), run.pick(6, 8)

    def problem(n, fraction=FRACTION):
        return ct.real_and_synthetic(
            n=n,
            synthetic_fraction=fraction,
            covariance=ct.spectra.power_law(d, DECAY),
            quality=QUALITY,
            noise=NOISE,
            ridge=0.0,
        )

    picture = Picture(
        [f"p₂ = {FRACTION}", "at the best time"],
        x=["time t (units of 1 / eigenvalue)", "samples per feature n / d"],
        y="excess test error",
    )
    picture.place = None
    left, right = picture.panels
    times = np.geomspace(1e-2, 1e4, run.pick(96, 16))
    marked = np.geomspace(1e-2, 1e4, run.pick(13, 4))
    for colour, ratio in run.few(enumerate((1, 10, 1000, 100_000))):
        setting = problem(float(ratio * d))
        label = f"n = {ratio:,} d"

        def until(time, setting=setting):
            return setting, time

        curve, at = (run.evaluate(stopped, until, along) for along in (times, marked))
        left.line(times, curve, label, colour)
        trained = run.train(setting, GradientFlow(tuple(map(float, marked))), seeds)
        left.points(marked, trained.mean.total, trained.stderr.total, at, label=label, colour=colour)
    left.level(FRACTION**2 * QUALITY, "p₂²c²")
    best = run.pick(best_stopped, best_of_few)
    ratios = np.geomspace(1, 1e6, run.pick(25, 7))
    for colour, fraction in zip(fraction_colours(FRACTIONS), run.few(FRACTIONS), strict=False):

        def at_size(ratio, fraction=fraction):
            return problem(ratio * d, fraction)

        label = f"p₂ = {fraction:g}"
        right.line(ratios, run.evaluate(best, at_size, ratios)[:, 0], label, colour)
        right.guide(
            ratios,
            run.evaluate(best_ridge, at_size, ratios),
            "best ridge" if fraction == FRACTIONS[0] else "",
        )
        if fraction:
            right.level(fraction**2 * QUALITY, color=f"C{colour}")
    picture.caption = (
        f"d = {d}, eigenvalues ∝ 1/j, signal tr ΣΓ = 1, noise σ² = {NOISE}, c² = {QUALITY}; errors in units of the "
        f"signal. Lines: theory, by two-point equivalents; points: mean of {seeds} simulations, bars: standard error. "
        "Dashed: the best ridge in place of the best time. Dotted: p₂²c²."
    )
    return picture
