"""Synthetic data first and real data last: with a penalty around the first model the error keeps falling, while on a mixture
of the same data it stops at p₂²c².

Fine-tuning in two stages, one projection for both: error against n, and against the model size.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import collapse_theory as ct
from figures.house.run import Run
from workbench.picture import Picture

FRACTION, QUALITY, NOISE = 0.5, 0.2, 1.0
RIDGES = (1e-6, 1e2)  # the range in which each ridge is best
WIDTHS = {"classical": None, "m = 2d": 2.0, "m = d/2": 0.5}


def best_tuned(problem):
    """The error of two stages, and their ridges, at the best of them."""
    best = ct.best_two_stage(problem, first_ridge=RIDGES, second_ridge=RIDGES)
    return jnp.stack([best.risk.total, best.arguments["first_ridge"], best.arguments["second_ridge"]])


def best_of_few(problem):
    """The same among four ridges for each stage: programs of minutes become programs of seconds."""
    ridges = jnp.geomspace(1e-4, 1, 4)
    pairs = jnp.stack(jnp.meshgrid(ridges, ridges), axis=-1).reshape(-1, 2)
    errors = jax.vmap(lambda pair: ct.two_stage(problem, pair).total)(pairs)
    return jnp.append(jnp.min(errors), pairs[jnp.argmin(errors)])


def best_mixed(problem):
    """The error of ridge regression on all data with the best ridge, and that ridge."""
    best = ct.best(lambda ridge: with_ridge(problem, ridge), ridge=RIDGES)
    return jnp.stack([best.risk.total, best.arguments["ridge"]])


def best_real(problem):
    """The error of ridge regression on the real data alone, penalised at its best."""
    real = eqx.tree_at(lambda p: p.sources[1].n, problem, jnp.zeros(()))
    return ct.best(lambda ridge: with_ridge(real, ridge), ridge=RIDGES).risk.total


def with_ridge(problem, ridge):
    """The same problem with another ridge."""
    return eqx.tree_at(lambda p: p.ridge, problem, ridge)


def draw(run: Run) -> Picture:
    """Mixed, real alone and two stages against n; two stages with several widths."""
    d, seeds = run.pick(100, 40), 8
    covariance = ct.spectra.power_law(d, 1.0)

    def problem(ratio, width=None):
        return ct.real_and_synthetic(
            n=ratio * d,
            synthetic_fraction=FRACTION,
            covariance=covariance,
            quality=QUALITY,
            noise=NOISE,
            ridge=0.0,
            width=None if width is None else width * d,
        )

    picture = Picture(
        ["ridge regression", "two stages"],
        x="samples per feature n / d",
        y="excess test error",
    )
    picture.place = None
    left, right = picture.panels
    ratios = np.geomspace(0.5, 1e6, run.pick(49, 5))
    left.line(ratios, run.evaluate(best_mixed, problem, ratios)[:, 0], "mixed", 0)
    left.line(ratios, run.evaluate(best_real, problem, ratios), "real data alone", 1)
    left.level(FRACTION**2 * QUALITY, "p₂²c²")
    best = run.pick(best_tuned, best_of_few)
    marked = np.array(run.pick([1, 3, 10, 100, 1000, 10_000], [2, 20]), dtype=float)
    for colour, (label, width) in enumerate(WIDTHS.items(), start=2):

        def at(ratio, width=width):
            return problem(ratio, width)

        panel = left if width is None else right
        name = "two stages" if width is None else label
        values, points = (run.evaluate(best, at, xs) for xs in (ratios, marked))
        panel.line(ratios, values[:, 0], name, colour)
        if width is None:
            right.line(ratios, values[:, 0], label, colour)
        trained = [
            run.two_stage(at(ratio), tuple(map(float, ridges)), seeds)
            for ratio, (_, *ridges) in zip(marked, points, strict=True)
        ]
        mean, stderr = (
            np.array([getattr(one, kind).total for one in trained]) for kind in ("mean", "stderr")
        )
        panel.points(marked, mean, stderr, points[:, 0], label=name, colour=colour)
    right.level(FRACTION**2 * QUALITY)
    picture.caption = (
        f"d = {d}, eigenvalues ∝ 1/j, p₂ = {FRACTION}, signal tr ΣΓ = 1, noise σ² = {NOISE}, c² = {QUALITY}; every ridge at "
        f"its best in [{RIDGES[0]:g}, {RIDGES[1]:g}]; one projection S for both stages. Lines: theory; points: mean of "
        f"{seeds} simulations, bars: standard error. Dotted: p₂²c², where mixed data stop."
    )
    return picture
