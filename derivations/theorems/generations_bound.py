"""Accumulated data without a ridge: all rounds together make at most pi^2/6 of the first."""

from pathlib import Path

import mpmath as mp
import numpy as np
import sympy as sp

from derivations.engine.points import WORKING, Point, precise
from derivations.groundwork.pictures import picture
from derivations.groundwork.setting import d, n, noise
from derivations.steps import Step
from derivations.verify import digits, exact, tends
from workbench.style import COLOURS

i = sp.Symbol("i", integer=True, positive=True)
ONE_FIT = noise * d / (n - d - 1)  # without a ridge
NEWEST = ONE_FIT.subs(n, i * n) / i  # what the last of i equal batches adds to it


def for_ever() -> sp.Expr:
    """E_inf over sigma^2 without a ridge and without real data but round 1's."""
    return -d / (d + 1) * (sp.EulerGamma + sp.digamma(1 - (d + 1) / n))


def bounded() -> Step:
    """The sum of all rounds without a ridge: a digamma function, at most pi^2/6 of the first."""
    points = [
        Point(f"d = {size}, n = {samples}", {d: size, n: samples})
        for size, samples in ((6, 20), (40, 50), (100, 10_000))
    ]

    def summed(point):
        size, samples = (precise(point.numbers[x]) for x in (d, n))
        with mp.workdps(WORKING):
            return mp.nsum(lambda t: size / (t * (t * samples - size - 1)), [1, mp.inf])

    def over_first(aspect):
        return _limit(mp.mpf(aspect)) * (1 - aspect) / aspect

    design = sp.Matrix([[1, 2], [0, 1], [3, -1]])
    gram = design.T * design
    step = (i * gram).inv() * design.T
    return Step(
        r"**Accumulate: at most $\pi^2/6$.** Without a ridge, and with real labels in round 1 only, round $i$ has $in$ "
        r"samples, and adds less than $1/i^2$ of what round 1 did. The sum of all of them is a digamma function; its "
        r"ratio to the first is largest, $\pi^2/6$, for $d/n \to 0$. (Gerstgrasser et al., arXiv 2404.01413, have "
        r"the bound with one design $X$ reused every round: then $H_i = i X^\top X$, and $1/i^2$ is exact.)",
        (
            r"E_t = \sigma^2 \sum_{i=1}^t \frac{d}{i (i n - d - 1)} \leq \frac{\pi^2}{6} E_1",
            r"E_\infty = -\frac{\sigma^2 d}{d + 1} \left\{\gamma + \psi\left(1 - \frac{d + 1}{n}\right)\right\} "
            r"\to -\sigma^2 \left\{\gamma + \psi(1 - \phi)\right\}",
        ),
        (
            exact(
                "round $i$ adds less than $1/i^2$ of the first: the denominators differ by",
                noise * d / NEWEST - i**2 * noise * d / ONE_FIT,
                i * (i - 1) * (d + 1),
            ),
            digits(r"all rounds together, over $\sigma^2$", summed, for_ever(), points),
            tends(
                r"all rounds over the first, for $\phi \to 0$",
                over_first,
                mp.zeta(2),
                (2.0**-12, 2.0**-16),
                1,
            ),
            exact("one design reused: $1/i^2$", (step * step.T).trace(), gram.inv().trace() / i**2),
        ),
        picture=_draw,
    )


def _limit(aspect):
    """E_inf over sigma^2 at large n and d."""
    return -(mp.euler + mp.digamma(1 - aspect))


def _draw(path: Path) -> None:
    numbers = np.arange(1, 31)
    with picture(path, "round $t$", "error over that of round 1", scales=("linear", "log")) as axes:
        axes.plot(numbers, numbers, ".-", color="0.4", label="replace")
        for aspect, colour in zip((0.01, 0.5, 0.9), COLOURS, strict=False):
            added = (1 - aspect) / (numbers * (numbers - aspect))
            axes.plot(
                numbers, added.cumsum(), ".-", color=colour, label=rf"accumulate, $d/n$ = {aspect}"
            )
            limit = float(_limit(aspect)) * (1 - aspect) / aspect
            axes.axhline(limit, color=colour, linestyle=":", linewidth=1)
        axes.axhline(np.pi**2 / 6, color="0.4", linestyle="--", label=r"$\pi^2/6$")
