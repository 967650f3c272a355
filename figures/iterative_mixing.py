"""Iterative mixing restores a scaling law after about log(n/d) rounds. With fresh real data the error ends below that of
the real half of one round alone; with the same real half in every round it stays above.

Corollary 3 in both readings, the paper's Figure 10: rounds of training on half real, half self-labelled data.
"""

from typing import Any

import numpy as np

import collapse_theory as ct
from figures.house.run import Run
from workbench.picture import Picture

READINGS = {"fresh real half every round": "nothing", "the same real half every round": "real"}
RATIOS = (10, 100, 1000)  # n / d
QUALITY, NOISE = 1.0, 0.2


def draw(run: Run) -> Picture:
    """Error against the round, a panel for each reading, a curve for each n/d."""
    d, rounds, seeds = run.pick(100, 60), run.pick(10, 6), run.pick(400, 16)
    covariance = ct.spectra.isotropic(d)
    picture = Picture(
        list(READINGS), x="round t", y="excess test error", scales=("linear", "log"), legend="n / d"
    )
    t = np.arange(1, rounds + 1)
    for colour, ratio in run.few(enumerate(RATIOS)):
        settings: dict[str, Any] = {"covariance": covariance, "noise": NOISE, "ridge": 0.0}
        problem = ct.real_and_synthetic(n=ratio * d, synthetic_fraction=0.5, quality=QUALITY, **settings)
        half = ct.real_and_synthetic(n=ratio * d / 2, synthetic_fraction=0.0, quality=0.0, **settings)
        alone = float(ct.predict(half).total)
        for panel, keep in zip(picture.panels, READINGS.values(), strict=True):
            simulated = run.simulate_generations(problem, rounds, seeds, keep)
            theory, label = None, f"{ratio}"
            if keep == "nothing":
                theory = run.predict_generations(problem, rounds).total
                panel.line(t, theory, label, colour)
            mean, stderr = simulated.mean.total, simulated.stderr.total
            panel.points(t, mean, stderr, theory, label=label, colour=colour)
            panel.level(alone, color=f"C{colour}")
    picture.caption = (
        f"Isotropic features, d = {d}, p₂ = 1/2, no ridge, noise σ² = {NOISE}, first synthetic labels of quality c² "
        f"= {QUALITY:g}, later ones by the last model; errors in units of the signal. Lines: theory (none for the "
        f"second reading); points: mean of {seeds} chains, bars: standard error; dotted: the real half alone."
    )
    return picture
