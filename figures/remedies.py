"""Eight ways to train on the same data: all that keep mixing real and synthetic data stop falling. All that end on real data,
or reduce the weight of the synthetic data as data grow, keep falling.

Every remedy on one pair of axes, each at its best settings, to n = 10⁸.
"""

import jax.numpy as jnp
import numpy as np

import collapse_theory as ct
from figures import early_stopping, fine_tuning
from figures.curriculum import path, rates, shares
from figures.early_stopping import best_stopped
from figures.fine_tuning import RIDGES, best_mixed, best_real, best_tuned, with_ridge
from figures.house.run import Run
from figures.self_distillation import student
from simulations.training.algorithms import GradientFlow
from workbench.picture import Picture

FRACTION, QUALITY, NOISE, WEIGHT = 0.5, 0.2, 1.0, 0.1


def fixed_weight(problem):
    """The error where the synthetic half has a fixed weight, with the best ridge."""

    def weighed(ridge):
        return ct.single_step_mixing(with_ridge(problem, ridge), WEIGHT)

    return ct.best(weighed, ridge=RIDGES).risk.total


def best_weight(problem):
    """The error at the best weight of the synthetic half, with the best ridge for it."""

    def weighed(a, ridge):
        return ct.single_step_mixing(with_ridge(problem, ridge), a)

    return ct.best(weighed, a=(1e-9, 1.0), ridge=RIDGES).risk.total


def distilled(problem):
    """The error of a student with the best mix of its labels and a ridge of 0.01."""
    return student(with_ridge(problem, jnp.asarray(0.01)))


def averaged(problem):
    """The error of the best average of a model of real and one of synthetic data, of one ridge."""
    ridges = jnp.geomspace(*RIDGES, 33)
    errors = [ct.average_models(problem, ridges=jnp.stack([r, r])).risk.total for r in ridges]
    return jnp.min(jnp.stack(errors))


STOP = {
    "mixed, best ridge": best_mixed,
    "early stopping": best_stopped,
    "self-distillation": distilled,
    f"weight {WEIGHT:g}": fixed_weight,
}
FALL = {
    "best weight": best_weight,
    "average of models": averaged,
    "two stages": best_tuned,
}


QUICK_STOP = {"early stopping": early_stopping.best_of_few}
QUICK_FALL = {"two stages": fine_tuning.best_of_few}


def simulated(run: Run, label: str, problem: ct.Problem, settings: np.ndarray, seeds: int):
    """Mean and standard error of a remedy at its best settings."""
    if label == "mixed, best ridge":
        _, points = run.simulate(lambda ridge: with_ridge(problem, ridge), settings, seeds)
    elif label == "early stopping":
        points = run.train(problem, GradientFlow(tuple(map(float, settings))), seeds)
    else:
        points = run.two_stage(problem, tuple(map(float, settings)), seeds)
    return np.ravel(points.mean.total)[0], np.ravel(points.stderr.total)[0]


def draw(run: Run) -> Picture:
    """Error against n of the remedies that stop, and of those that fall; these against real data alone."""
    d, seeds = run.pick(100, 30), 8
    covariance = ct.spectra.power_law(d, 1.0) / 2

    def problem(n):
        return ct.real_and_synthetic(
            n=n,
            synthetic_fraction=FRACTION,
            covariance=covariance,
            quality=QUALITY,
            noise=NOISE,
            ridge=0.0,
        )

    picture = Picture(
        ["mixed: stop", "real last: fall", "against real alone"],
        x="samples n",
        y=["excess test error", "", "error / error of real data alone"],
        legend="trained by",
    )
    last = picture.panels[2]
    sizes = np.geomspace(50, 1e8, run.pick(25, 6))
    marked = np.array(run.pick([60, 200, 1000, 10_000, 1e5, 1e7], [200, 1e5]))
    real = run.evaluate(best_real, problem, sizes)
    stop, fall = run.pick((STOP, FALL), (QUICK_STOP, QUICK_FALL))
    for panel, remedies, first in ((picture.panels[0], stop, 0), (picture.panels[1], fall, len(stop))):
        for colour, (label, error) in enumerate(remedies.items(), start=first):
            values, at = (run.evaluate(error, problem, xs) for xs in (sizes, marked))
            panel.line(sizes, values if values.ndim == 1 else values[:, 0], label, colour)
            if first:
                last.line(sizes, (values if values.ndim == 1 else values[:, 0]) / real, "", colour)
            if at.ndim > 1:
                pairs = [
                    simulated(run, label, problem(n), settings, seeds)
                    for n, (_, *settings) in zip(marked, at, strict=True)
                ]
                mean, stderr = np.array(pairs).T
                panel.points(marked, mean, stderr, at[:, 0], label=label, colour=colour)
        panel.guide(sizes, real, "real data alone")
        panel.level(FRACTION**2 * QUALITY, "p₂²c²")
    lengths = np.round(np.geomspace(100, run.pick(1_000_000, 1000), run.pick(13, 3))).astype(int)
    ends = np.array(
        [
            run.once(path, (problem(2.0), rates(int(T), d), shares("real last", int(T))))[-1]
            for T in lengths
        ]
    )
    colour = len(stop) + len(fall)
    picture.panels[1].line(lengths, ends, "SGD, real last", colour)
    alone = np.exp(np.interp(np.log(lengths), np.log(sizes), np.log(real)))
    last.line(lengths, ends / alone, "", colour)
    last.level(1.0)
    last.axes.set_yscale("linear")
    last.axes.set_ylim(0.5, 1.5)
    picture.caption = (
        f"d = {d}, eigenvalues ∝ 1/j of mean 1/2, p₂ = {FRACTION}, signal tr ΣΓ = 1, noise σ² = {NOISE}, c² = {QUALITY}; ridges, "
        f"times, weights and mixes at their best for each n, unless a number is given (ridges in [{RIDGES[0]:g}, "
        f"{RIDGES[1]:g}]; self-distillation: ridge 0.01; SGD: the rates of the figure curriculum, to 10⁶). Lines: theory; "
        f"points: mean of {seeds} simulations, bars: standard error. Dashed: the real half alone, best ridge."
    )
    return picture
