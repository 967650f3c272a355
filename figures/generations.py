"""The error grows where all data are replaced every round. It stays bounded with enough fresh real data, or where all data are
kept.

Models trained on the labels of earlier models: replace, mix, accumulate.
"""

import numpy as np

import collapse_theory as ct
from figures.house.run import Run
from workbench.picture import Picture

REGIMES = {  # title: synthetic fraction, what is kept
    "replace": (1.0, "nothing"),
    "mix, half real": (0.5, "nothing"),
    "accumulate": (1.0, "all"),
}
RIDGE = 0.05
MODELS = {  # label: decay of the spectrum, ridge, width / d
    "Σ = I, no ridge": (0.0, 0.0, None),
    "power law, ridge": (1.0, RIDGE, None),
    "and m = d/2": (1.0, RIDGE, 0.5),
}
NOISE, SAMPLES, FOREVER = 0.5, 4, 400  # sigma^2, n / d, rounds


def draw(run: Run) -> Picture:
    """Error against the round, in units of the first one's, a panel for each regime."""
    d, rounds, seeds = run.pick(100, 60), run.pick(15, 6), run.pick(400, 16)
    n, forever = SAMPLES * d, run.pick(FOREVER, rounds)
    models = run.pick(MODELS, {"Σ = I, no ridge": (0.0, 0.0, None)})
    picture = Picture(
        list(REGIMES),
        x="round t",
        y="error / error of round 1",
        scales=("linear", "log"),
        legend="model",
    )
    t = np.arange(1, rounds + 1)
    for panel, (fraction, keep) in zip(picture.panels, REGIMES.values(), strict=True):
        for colour, (label, (decay, ridge, width)) in enumerate(models.items()):
            problem = ct.real_and_synthetic(
                n=n,
                synthetic_fraction=fraction,
                covariance=ct.spectra.power_law(d, decay),
                quality=0.0,  # round 1 is all real
                noise=NOISE,
                ridge=ridge,
                width=None if width is None else round(width * d),
            )
            theory = run.predict_generations(problem, rounds, keep)
            simulated = run.simulate_generations(problem, rounds, seeds, keep)
            first = theory.total[0]
            panel.line(t, theory.total / first, label, colour)
            mean, stderr, expected = (
                risk.total / first for risk in (simulated.mean, simulated.stderr, theory)
            )
            panel.points(t, mean, stderr, expected, label=label, colour=colour)
            if fraction < 1:
                panel.level(
                    run.predict_generations(problem, forever).total[-1] / first, color=f"C{colour}"
                )
        if keep == "all":
            panel.level(np.pi**2 / 6, "π²/6", linestyle="--")
        elif fraction == 1:
            panel.guide(t, t, "t")
    picture.caption = (
        f"d = {d}, {n} new samples a round, round 1 all real, signal tr ΣΓ = 1, noise σ² = {NOISE}; power law: λⱼ "
        f"∝ 1/j, ridge {RIDGE}. Lines: theory; points: mean of {seeds} chains of trained models, bars: standard error. "
        f"Dotted: after {forever} rounds. Dashed: known limits for Σ = I at large n: growth by the first error a "
        "round; at most π²/6 of it."
    )
    return picture
