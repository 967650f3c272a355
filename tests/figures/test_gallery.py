"""The committed gallery is what its arrays say, and they agree with the theory."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from figures.__main__ import NAMES, script
from figures.house.agreement import agreement
from figures.house.gallery import write_gallery

GALLERY = Path(__file__).parents[2] / "figures" / "gallery"
# |gap| <= 3 standard errors + (4 / d) theory; the worst of 800 points, at m = n in `width`,
# needs 2.9 / d.
FINITE_SIZE = 4.0


def test_page_comes_from_the_arrays(tmp_path):
    for name in NAMES:
        shutil.copy(GALLERY / f"{name}.csv", tmp_path)
        assert (GALLERY / f"{name}.png").exists()
    write_gallery(tmp_path, {name: script(name) for name in NAMES})
    assert (tmp_path / "README.md").read_text() == (GALLERY / "README.md").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_points_lie_on_the_lines(name):
    found = agreement(GALLERY / f"{name}.csv")
    if name == "finite_size":  # it shows the gap itself
        assert found is None
        return
    if name.startswith("language"):  # there is no theory at the points
        assert found is None or found.points == 0
        return
    assert found.points >= 20
    if name.startswith("mnist"):  # real images are no limit of anything
        assert np.isnan(found.finite_size)
        assert name != "mnist_scaling" or found.worst_gap < 0.06
        return
    assert found.finite_size <= FINITE_SIZE
    assert found.within > 0.5
