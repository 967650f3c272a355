"""The committed gallery is what its arrays and its manifest say, and what the code computes."""

import json
from pathlib import Path

import numpy as np
import pytest

from figures.house import tables
from figures.house.agreement import agreement
from figures.house.arrays import Curve, Points, batch
from figures.house.gallery import page
from figures.house.manifest import code_of, entries
from figures.house.run import Run
from figures.house.scripts import NAMES, script
from simulations.whole import whole
from workbench.cache import Cache
from workbench.records import numbers, read_csv

GALLERY = Path(__file__).parents[2] / "figures" / "gallery"
# |gap| <= 3 standard errors + BEYOND theory, which neglects 1 / min(n, d)^2, where n is 10 at least, and
# in generations 1/d, where d is 100.
BEYOND = 0.01
# Here error bars are smaller than 1/d, where d is 100, and only the limit is known.
LIMITS = ("fine_tuning", "remedies")
# Features that are not Gaussian leave O(1/d) of their limit, 3/d with d = 120; the figure's last panel
# shows that this falls like one over the effective dimension.
NOT_GAUSSIAN = 3 / 120
PREDICTED = ("language_theory", "language_frozen")
SIMULATED = 2  # points of a figure that are simulated again


def test_page_comes_from_arrays_manifest_and_code():
    """When the code changes, `python -m figures --page --out figures/gallery` says so on the page."""
    assert (GALLERY / "README.md").read_text(encoding="utf-8") == page(GALLERY)


@pytest.mark.parametrize("name", NAMES)
def test_picture_and_arrays_are_there(name):
    assert (GALLERY / f"{name}.png").exists()
    assert (GALLERY / f"{name}.csv").exists()


PROGRAMS = [
    "mnist",
    "mnist.closed_forms",
    "mnist.pairs",
    "mnist.last_layer",
    "language",
    "language.readout",
    "language.readout.wide",
    "language.readout.wide.text",
    "language.readout.widest.text",
    "language.readout.unseen",
    "language.readout.gpt2",
    "language.readout.gpt2.text",
    "language.frozen",
    "language.generations",
    "forecast.held",
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_tables_bear_the_code_of_their_manifests(program):
    code = json.loads((tables.FOLDER / f"{program}.json").read_text())["code"]
    assert tables.code(tables.committed(program)) == code
    drawn_from = [entry["tables"].get(program, code) for entry in entries(GALLERY).values()]
    assert set(drawn_from) <= {code}


@pytest.mark.parametrize("name", NAMES)
def test_points_lie_on_the_lines(name):
    measured = agreement(GALLERY / f"{name}.csv")
    if name == "finite_size":  # it shows the gap itself
        assert measured is None
        return
    if name.startswith("language") and name not in PREDICTED:  # there is no theory at the points
        assert measured is None or measured.points == 0
        return
    assert measured.points >= (14 if name == "language_frozen" else 16)
    if name == "forecast":  # each point is one training, and its error bar a forecast as well
        assert measured.within > 0.98
        return
    # Of the tables that these show there are tests of their own.
    if name.startswith("mnist") or name in PREDICTED:
        assert np.isnan(measured.within_limit)
        return
    if name == "nonlinear":
        assert measured.beyond <= NOT_GAUSSIAN
        return
    assert measured.beyond <= BEYOND
    assert measured.within > 0.95 or name in LIMITS


def test_ridgeless_clean_points_are_exact():
    """Least squares: E tr (X'X)^-1 = d / (n - d - 1) for n Gaussian samples; n and d swap below d."""
    rows = read_csv(GALLERY / "ridgeless.csv")
    points = [row for row in rows if row["kind"] == "simulation" and row["curve"] == 0]
    n, mean, stderr = (numbers(points, name) for name in ("x", "y", "stderr"))
    d, noise = 100, 0.1
    above = noise * d / (n - d - 1)
    below = 1 - n / d + noise * n / (d - n - 1)
    assert (np.abs(mean - np.where(n > d, above, below)) < 4.5 * stderr).all()


class Sparing(Run):
    """A run of a figure in full size that simulates its first points only; the others are NaN."""

    left = SIMULATED

    def simulate(self, make, xs, seeds, *others, **options):
        """The theory at all points, and simulations of as many as are left."""
        count = min(self.left, len(xs))
        self.left -= count
        theory = self._theory(whole(batch(make, xs)))
        if not count:
            return theory, Points(
                *(Curve(*(np.full(len(xs), np.nan) for _ in Curve._fields)) for _ in range(2))
            )
        _, points = super().simulate(make, xs[:count], seeds, *others, **options)
        rest = (0, len(xs) - count)
        return theory, Points(
            *(Curve(*(np.pad(part, rest, constant_values=np.nan) for part in each)) for each in points)
        )


@pytest.mark.parametrize("name", ["ridgeless", "width"])
def test_committed_arrays_are_what_the_code_computes(name, tmp_path):
    """All theory of the figure in its full size; of its points a few."""
    run = Sparing(Cache(tmp_path), quick=False, progress=lambda done, more: None)
    script(name).draw(run).save(tmp_path, name, [])
    computed, committed = (read_csv(folder / f"{name}.csv") for folder in (tmp_path, GALLERY))
    for column in ("panel", "curve", "kind"):
        assert [row.get(column) for row in computed] == [row.get(column) for row in committed]
    for column in ("x", "theory", "limit"):
        np.testing.assert_allclose(numbers(computed, column), numbers(committed, column), rtol=2e-7)
    pairs = list(zip(computed, committed, strict=True))
    lines = [(a["y"], b["y"]) for a, b in pairs if a["kind"] != "simulation"]
    assert len(lines) > 400
    np.testing.assert_allclose(*np.transpose(lines), rtol=2e-7)
    points = [(a, b) for a, b in pairs if a["kind"] == "simulation" and np.isfinite(a["y"])]
    assert len(points) >= SIMULATED
    for now, then in points:
        if entries(GALLERY).get(name, {}).get("code") == code_of(name):  # the same keys
            assert now["y"] == pytest.approx(then["y"], rel=1e-6)
            assert now["stderr"] == pytest.approx(then["stderr"], rel=1e-5)
        else:
            bar = np.hypot(now["stderr"], then["stderr"])
            assert abs(now["y"] - then["y"]) < 5 * bar + 1e-7 * then["y"]
