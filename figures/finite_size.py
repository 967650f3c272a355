"""The theory is a limit: the relative gap to simulations falls like 1/d, for non-Gaussian features too.

|simulation − theory| against d at fixed n/d and m/d: finite size, and universality of the limit.
"""

import numpy as np

import collapse_theory as ct
from figures.house.run import Run
from simulations.fit import fit_power_law
from workbench.picture import Picture

CASES: dict[str, float | None] = {"classical": None, "m = d/2": 0.5}  # m / d
LAWS = {"gaussian": "Gaussian", "rademacher": "signs ±1", "laplace": "Laplace"}
SAMPLES = 1.5  # n / d
FRACTION, QUALITY, NOISE, RIDGE = 0.5, 0.5, 0.1, 1e-2


def draw(run: Run) -> Picture:
    """A panel for each model, a curve for each law of the features."""
    sizes = np.array(run.pick([16, 32, 64, 128], [8, 16, 32]))
    draws = run.pick(400_000, 5_000)
    cases = run.pick(CASES, {"classical": None})
    picture = Picture(
        list(cases),
        x="number of features d",
        y="relative gap |simulation / theory − 1|",
        legend="features",
    )
    slopes = []
    laws = run.pick(LAWS, {"gaussian": LAWS["gaussian"]})
    for panel, (case, width) in zip(picture.panels, cases.items(), strict=True):
        for colour, (law, label) in enumerate(laws.items()):
            gaps = np.array([_gap(run, int(d), width, law, draws // d) for d in sizes])
            gap, bar = np.abs(gaps[:, 0]), gaps[:, 1]
            panel.points(sizes, gap, bar, label=label, colour=colour)
            slope = fit_power_law(sizes, gap, bar, floor=False).exponent
            slopes.append(f"{case}, {label}: {-slope.value:.2f} ± {slope.stderr:.2f}")
        panel.guide(sizes, gap[-1] * sizes[-1] / sizes, "slope −1")
    picture.caption = (
        f"Isotropic features, n = {SAMPLES}d, p₂ = {FRACTION}, c² = {QUALITY}, signal tr ΣΓ = 1, noise σ² = "
        f"{NOISE}, ridge {RIDGE:g}. Points: mean of {draws} / d simulations, bars: standard error. Fitted "
        f"slopes: {'; '.join(slopes)}."
    )
    return picture


def _gap(run: Run, d: int, width: float | None, law: str, seeds: int) -> tuple[float, float]:
    """Relative gap of the total error and its standard error."""

    def problem(n):
        return ct.real_and_synthetic(
            n=n,
            synthetic_fraction=FRACTION,
            covariance=ct.spectra.isotropic(d),
            quality=QUALITY,
            noise=NOISE,
            ridge=RIDGE,
            width=None if width is None else width * d,
        )

    theory, simulated = run.simulate(problem, [SAMPLES * d], int(seeds), features=law)
    expected = theory.total[0]
    return simulated.mean.total[0] / expected - 1, simulated.stderr.total[0] / expected
