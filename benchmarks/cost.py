"""How costs grow with d and with n, ours and a peer's, each at its best of some rounds."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

import collapse_theory as ct
from benchmarks.peers import numpy_errors, scipy_theory
from benchmarks.setting import Setting
from benchmarks.theory import mapped, problem_of, total
from benchmarks.timing import best
from simulations import simulate
from workbench.picture import Picture

THEORY = "a point of the theory"
SAMPLES = "a seed, d = 100"
FEATURES = "a seed, Σ = I, n = 2d"
OURS, WRITTEN_OUT, SCIPY, NUMPY = "ours", "ours, not compressed", "SciPy", "NumPy, one fit"
# Where a peer would take minutes or more memory than there is.
MOST = {WRITTEN_OUT: 10**5, SCIPY: 10**6, NUMPY: 10**6}
MOST_FEATURES = 2000
POINTS = 256


class Cost(NamedTuple):
    """Seconds of one point or one seed."""

    panel: str
    contender: str
    size: int
    seconds: float


def rows(quick: bool) -> Iterator[Cost]:
    """Costs over the sizes of three panels."""
    for d in (100, 1000) if quick else [10**k for k in range(2, 8)]:
        yield from of_theory(d, 8 if quick else POINTS)
    for n in (100, 1000) if quick else [10**k for k in range(2, 10)]:
        yield from of_samples(Setting(100, n, None), 4 if quick else 256)
    for d in (20, 60) if quick else [100, 300, 1000, 3000, 10**4, 10**5]:
        yield from of_features(Setting(d, 2 * d, None), 4 if quick else 16)


def of_theory(d: int, points: int) -> Iterator[Cost]:
    """The benchmark's problem with a power law, classical, for n from d/5 to 1000 d."""
    spectrum, n = np.asarray(ct.spectra.power_law(d, 1.0)), np.geomspace(d / 5, 1000 * d, points)
    for name, question in ((OURS, True), (WRITTEN_OUT, False)):
        if d <= MOST.get(name, d):
            evaluate = mapped(partial(total, problem_of(spectrum, None, compressed=question)))
            yield Cost(THEORY, name, d, best(evaluate, n) / points)
    if d <= MOST[SCIPY]:
        few = [Setting(d, int(5 * round(size / 5)) + 5, None) for size in n[:: max(1, points // 8)]]
        seconds = best(lambda: [scipy_theory(spectrum, at) for at in few], rounds=2)
        yield Cost(THEORY, SCIPY, d, seconds / len(few))


def of_samples(at: Setting, seeds: int) -> Iterator[Cost]:
    """A seed of the average over labels, and one fit of NumPy."""
    yield Cost(SAMPLES, OURS, at.n, best(simulate, at.problem, seeds, rounds=3) / seeds)
    if at.n <= MOST[NUMPY]:
        yield Cost(SAMPLES, NUMPY, at.n, _fit(at))


def of_features(at: Setting, seeds: int) -> Iterator[Cost]:
    """The same for isotropic features."""
    yield Cost(FEATURES, OURS, at.d, best(simulate, at.problem, seeds, rounds=3) / seeds)
    if at.d <= MOST_FEATURES:
        yield Cost(FEATURES, NUMPY, at.d, _fit(at))


def _fit(at: Setting) -> float:
    rng = np.random.default_rng(0)
    return best(partial(numpy_errors, rng, at, parts=False), rounds=3)


def draw(costs: list[Cost], folder: Path) -> None:
    """Seconds against sizes, `cost.png`."""
    panels = list(dict.fromkeys(cost.panel for cost in costs))
    axes = ["number of features d", "number of samples n", "number of features d"]
    picture = Picture(panels, x=axes, y=["seconds"] * 3)
    contenders = list(dict.fromkeys(cost.contender for cost in costs))
    for panel in picture.panels:
        for colour, name in enumerate(contenders):
            chosen = [c for c in costs if (c.panel, c.contender) == (panel.title, name)]
            if chosen:
                sizes, seconds = zip(*((c.size, c.seconds) for c in chosen), strict=True)
                panel.line(sizes, seconds, name, colour, marker="o", markersize=3)
    picture.caption = (
        "The best of some rounds, compiled before. Theory: power law of exponent 1, classical, the mean "
        "over sample sizes from d/5 to 1000 d. Simulation: isotropic features, a seed averaged over "
        "labels, and one fit of NumPy."
    )
    picture.save_pictures(folder, "cost", ["png"])
