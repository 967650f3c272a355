"""Two numbers say what any mix of real and synthetic data costs: ζ(p₂) = p₂² ζ(1) + p₁p₂ c² V/σ².

The mixture theorem for two sources of one covariance: the collapse term against the synthetic fraction.
"""

import jax
import jax.numpy as jnp
import numpy as np

import collapse_theory as ct
from collapse_theory import Problem
from figures.house.run import Run
from workbench.picture import Picture

MODELS: dict[str, float | None] = {"classical": None, "width m = d/2": 0.5}  # m / d
RATIOS = (0.8, 1.5, 10.0)  # n / d
QUALITY, NOISE, RIDGE = 0.5, 0.1, 1e-3


def two_numbers(problem: Problem) -> jax.Array:
    """zeta and V of synthetic data alone."""
    risk = ct.predict(problem)
    return jnp.stack([jnp.asarray(risk.zeta), jnp.asarray(risk.variance)])


def draw(run: Run) -> Picture:
    """A panel for each model, a curve for each number of samples."""
    d, seeds = run.pick(200, 60), run.pick(256, 16)
    fractions = np.array(run.pick([0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1], [0.1, 0.5, 1]))
    models = run.pick(MODELS, {"classical": None})
    picture = Picture(
        list(models),
        x="synthetic fraction p₂",
        y="collapse term ζ",
        scales=("linear", "linear"),
        legend="n / d",
    )
    line = np.linspace(0, 1, 65)
    for panel, width in zip(picture.panels, models.values(), strict=True):
        for colour, ratio in run.few(enumerate(RATIOS)):

            def problem(p2, ratio=ratio, width=width):
                return ct.real_and_synthetic(
                    n=ratio * d,
                    synthetic_fraction=p2,
                    covariance=ct.spectra.power_law(d, 1.0),
                    quality=QUALITY,
                    noise=NOISE,
                    ridge=RIDGE,
                    width=None if width is None else width * d,
                )

            zeta, variance = run.evaluate(two_numbers, problem, [1.0])[0]
            mixed = line**2 * zeta + line * (1 - line) * QUALITY * variance / NOISE
            panel.line(line, mixed, f"{ratio:g}", colour)
            theory, simulated = run.simulate(problem, fractions, seeds)
            mean, stderr = simulated.mean.zeta, simulated.stderr.zeta
            expected = theory.finite.zeta, theory.zeta
            panel.points(fractions, mean, stderr, *expected, f"{ratio:g}", colour)
        panel.guide(line, line**2 * QUALITY, "p₂² c²")
    picture.caption = (
        f"Power-law features λⱼ ∝ 1/j, d = {d}, c² = {QUALITY}, signal tr ΣΓ = 1, noise σ² = {NOISE}, ridge "
        f"{RIDGE:g}; in units of the signal. Lines: the formula, its two numbers ζ(1) and V those of synthetic data "
        f"alone; dashed: its limit for endless data, classical. Points: mean of {seeds} simulations, bars: standard error."
    )
    return picture
