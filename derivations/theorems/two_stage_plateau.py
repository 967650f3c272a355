"""Two stages have no plateau: stage 2 forgets what stage 1 has got wrong."""

from pathlib import Path

import mpmath as mp
import numpy as np
import sympy as sp

from derivations.engine.points import Point, evaluate
from derivations.groundwork.pictures import picture
from derivations.groundwork.setting import SPECTRUM, d, n, noise, p2
from derivations.steps import Step
from derivations.theorems.two_stage_parts import formulas, n_1, stage_point
from derivations.verify import tends
from workbench.style import COLOURS

HALF, RIDGE = sp.Rational(1, 2), sp.Rational(1, 10)


def error_at(size, part=None) -> mp.mpf:
    """The error without projections at n = size samples, half of them synthetic, lambda = 3/n."""
    point = stage_point("", HALF, sp.Integer(size), 1, RIDGE, sp.Rational(3, size), False)
    claimed = formulas(wide=False)
    return evaluate(sum(claimed.values()) if part is None else claimed[part], point)


def no_plateau() -> Step:
    """The error at fixed p_2 against n, and what is left of it."""
    sizes = (2**14, 2**18)
    leading = noise * d / n_1
    at = {noise: sp.Rational(1, 3), d: len(SPECTRUM), p2: HALF}

    def over_leading(size):
        return error_at(size) / evaluate(leading, Point("", at | {n: sp.Integer(size)}))

    return Step(
        r"**No plateau.** Stage 2 multiplies the error of stage 1, whatever that is, by $\kappa^2 (\Sigma + \kappa)^{-2}$ up to a "
        r"constant. With $\lambda$ of order $1/n$ (or 0) $\kappa$ is too, and this is of order $1/n^2$ for fixed $\Sigma$: "
        r"$\zeta$ vanishes, faster than the noise of the real data, $\sigma^2 d / n_1$, which is what is left. Mixed "
        r"data keep $p_2^2 c^2$ for ever.",
        (r"E \simeq \frac{\sigma^2 d}{p_1 n}, \qquad \zeta = O(n^{-2})",),
        (
            tends("the error at $p_2 = 1/2$ tends to 0", error_at, 0, sizes, -1),
            tends(
                r"its $\zeta$ tends to 0",
                lambda size: error_at(size, "zeta"),
                0,
                sizes,
                -2,
            ),
            tends(r"its ratio to $\sigma^2 d / n_1$ tends to 1", over_leading, 1, sizes, -1),
        ),
        picture=against_size,
    )


def against_size(path: Path) -> None:
    """Mixed data against two stages without a ridge, where any spectrum gives the same: d = 200."""
    size, sigma2, quality = 200, 0.1, 0.2
    samples = np.geomspace(1e3, 1e6, 60)
    mixed = sigma2 * size / (samples - size) + quality * (0.25 + 0.25 * size / (samples - size))
    plain = 2 * sigma2 * size / (samples - 2 * size)
    with picture(path, "samples n, half of them synthetic", "test error") as axes:
        axes.plot(samples, mixed, color=COLOURS[0], label="mixed")
        axes.plot(samples, plain, color=COLOURS[1], label="two stages, no ridge")
        axes.axhline(0.25 * quality, color="0.4", linestyle="--", label=r"$p_2^2 c^2$")
        axes.set_xscale("log")
        axes.set_yscale("log")
