"""The gap between simulation and limit falls like 1/d, and with the finite-size term like 1/d², for every law of the features.
For isotropic Gaussian features without a width, where draws cost O(d), 1/d is confirmed over four decades of d.

|simulation − theory| against d at fixed n/d and m/d, without and with the term, fourth cumulants told.
"""

import numpy as np

import collapse_theory as ct
from figures.house.run import Run
from simulations.fit import fit_power_law
from workbench.picture import Panel, Picture

CASES: dict[str, float | None] = {"classical": None, "m = d/2": 0.5}  # m / d
LAWS = {"gaussian": "Gaussian", "rademacher": "signs ±1", "laplace": "Laplace"}
SAMPLES = 1.5  # n / d
FRACTION, QUALITY, NOISE, RIDGE = 0.5, 0.5, 0.1, 1e-2


def draw(run: Run) -> Picture:
    """A panel for each model, two curves for each law of the features."""
    sizes = np.array(run.pick([8, 16, 32, 64], [15, 30, 60]))
    far = np.array(run.pick([256, 1024, 8192, 100_000], [1000]))  # the gap to the limit alone stands out
    draws, fewest = run.pick((4_000_000, 1000), (50_000, 50))
    cases = run.pick(CASES, {"classical": None})
    laws = run.pick(LAWS, {"gaussian": LAWS["gaussian"]})
    picture = Picture(
        list(cases),
        x="number of features d",
        y="relative gap |simulation / theory − 1|",
        legend="features, theory",
    )
    slopes = []
    for panel, (case, width) in zip(picture.panels, cases.items(), strict=True):
        for colour, (law, label) in enumerate(laws.items()):
            cheap = width is None and law == "gaussian"
            every = np.concatenate([sizes, far]) if cheap else sizes
            measured = [_gaps(run, int(d), width, law, max(fewest, draws // d)) for d in every]
            limit, finite, bars = np.array(measured).T
            near = len(sizes)
            fitted = [
                _curve(panel, every, limit, bars, f"{label}, limit", colour, markerfacecolor="white"),
                _curve(panel, sizes, finite[:near], bars[:near], f"{label}, with term", colour),
            ]
            slopes.append(f"{case}, {label}: {fitted[0]} and {fitted[1]}")
        reach = np.concatenate([sizes, far]) if width is None else sizes
        for power, gap, along in ((1, limit, reach), (2, finite, sizes)):
            first = np.abs(gap[0])
            panel.guide(
                along,
                first * (along[0] / along) ** power,
                f"slope −{power}",
                linestyle="--" if power == 1 else ":",
            )
    picture.caption = (
        f"Isotropic features, n = {SAMPLES}d, p₂ = {FRACTION}, c² = {QUALITY}, signal tr ΣΓ = 1, noise σ² = "
        f"{NOISE}, ridge {RIDGE:g}. Open: gap to the limit; full: to limit and finite-size term. Points: mean of "
        f"{draws} / d simulations, at least {fewest}, bars: standard error. Fitted slopes, open and full: {'; '.join(slopes)}."
    )
    return picture


def _curve(
    panel: Panel,
    sizes: np.ndarray,
    gaps: np.ndarray,
    bars: np.ndarray,
    label: str,
    colour: int,
    **style: str,
) -> str:
    """Draw gaps; their fitted slope."""
    panel.points(sizes, np.abs(gaps), bars, label=label, colour=colour, **style)
    try:
        slope = fit_power_law(sizes, np.abs(gaps), bars, floor=False).exponent
    except ArithmeticError:  # fewer than two of the gaps stand out from their error bars
        return "not resolved"
    return f"{-slope.value:.2f} ± {slope.stderr:.2f}"


def _gaps(run: Run, d: int, width: float | None, law: str, seeds: int) -> tuple[float, float, float]:
    """Relative gaps of the total error, to the limit and with the term, and their standard error."""

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
    limit, mean = theory.total[0], simulated.mean.total[0]
    return mean / limit - 1, (mean - theory.finite.total[0]) / limit, simulated.stderr.total[0] / limit
