"""Settings of the explorer that show what the figures show: curves with simulated points on them."""

from typing import Any, NamedTuple

from collapse_theory import Problem, real_and_synthetic, spectra


class Preset(NamedTuple):
    """A curve: what varies along it, between which ends, and where it is simulated.

    - `name`: of the figure that it is taken from;
    - `axis`: "n", "width", "p" (the synthetic fraction) or "weight";
    - `ends`: of the axis;  `place`: where the marker starts;
    - `points`: where there are simulations, such that sample sizes are whole;
    - the others as in `real_and_synthetic`, with a spectrum `power_law(d, exponent)`.
    """

    name: str
    axis: str
    ends: tuple[float, float]
    place: float
    points: tuple[float, ...]
    d: int
    exponent: float = 0.0
    n: float = 1.0
    p: float = 0.5
    quality: float = 1.0
    noise: float = 0.1
    ridge: float = 1e-3
    width: float | None = None
    weight: float = 1.0
    stacked: bool = False

    def problem(self, x: Any) -> Problem:
        """The problem at a place on the axis."""
        numbers = {"n": self.n, "p": self.p, "width": self.width, "weight": self.weight} | {self.axis: x}
        return real_and_synthetic(
            n=numbers["n"],
            synthetic_fraction=numbers["p"],
            covariance=spectra.power_law(self.d, self.exponent),
            quality=self.quality,
            noise=self.noise,
            ridge=self.ridge,
            width=numbers["width"],
            weight=numbers["weight"],
        )


PRESETS = (
    Preset(
        "strong_collapse",
        "n",
        (300, 1e10),
        1e7,
        (400, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9),
        d=200,
        p=0.01,
        ridge=1e-8,
    ),
    Preset(
        "ridgeless",
        "n",
        (10, 4000),
        400,
        (10, 20, 40, 60, 80, 90, 110, 120, 150, 200, 400, 1000, 4000),
        d=100,
        quality=0.5,
        ridge=0.0,
    ),
    Preset(
        "power_law",
        "n",
        (10, 1e7),
        100,
        (10, 40, 100, 160, 320, 500, 3000, 2e4, 2e5, 4e6),
        d=240,
        exponent=2.0,
        p=0.1,
        noise=0.01,
        ridge=0.0,
    ),
    Preset(
        "width",
        "width",
        (10, 8000),
        100,
        (10, 25, 50, 75, 90, 100, 115, 150, 200, 400, 1500, 8000),
        d=200,
        n=100,
    ),
    Preset(
        "width_by_n",
        "width",
        (20, 2000),
        1000,
        (20, 32, 50, 80, 120, 180, 260, 400, 640, 1000, 2000),
        d=200,
        n=400,
        ridge=1e-2,
    ),
    Preset(
        "decomposition",
        "n",
        (20, 10_000),
        1000,
        (20, 44, 94, 204, 448, 974, 2120, 4600, 10_000),
        d=200,
        exponent=0.5,
        noise=0.2,
        ridge=1e-2,
        width=400,
        stacked=True,
    ),
    Preset(
        "mixture",
        "p",
        (1e-3, 1),
        0.1,
        (0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1.0),
        d=200,
        exponent=1.0,
        n=300,
        quality=0.5,
    ),
    Preset(
        "weighting",
        "weight",
        (1e-6, 10),
        1.0,
        (1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0),
        d=100,
        n=1e6,
        quality=0.5,
        noise=0.2,
        ridge=1e-8,
    ),
)
