"""The notebooks run from top to bottom, and what they say is what they compute."""

import subprocess
import sys
from importlib import import_module

import matplotlib.pyplot as plt
import numpy as np
import pytest

import collapse_theory as ct
from tests.imports import ROOT

NAMES = [path.stem for path in sorted((ROOT / "notebooks").glob("*.py"))]


@pytest.fixture(autouse=True)
def no_pictures_left():
    """Pictures that stay open would warn in the end."""
    yield
    plt.close("all")


def values(name):
    """What the cells of a notebook have defined when all of them have run."""
    _, definitions = import_module(f"notebooks.{name}").app.run()
    return definitions


def test_first_steps():
    cells = values("first_steps")
    problem, prediction, estimate = (cells[name] for name in ("problem", "prediction", "estimate"))
    term = ct.finite_size(problem).total  # and 4 standard errors
    gap = estimate.mean.total - prediction.total
    assert abs(gap - term) < 4 * estimate.stderr.total + term**2 / prediction.total
    assert abs(gap) < 0.02 * prediction.total  # "about one percent"
    # The curve stops at the levels that are drawn, near p_2^2 c^2 (the ridge shrinks them a little).
    quality = cells["quality"].value
    for fraction, level in cells["plateaus"].items():
        end = cells["curve"](np.array([1e9]), fraction, quality)[0]
        np.testing.assert_allclose(end, level, rtol=1e-3)
        assert 0.5 < level / (fraction**2 * quality) < 1.5


def test_own_model():
    cells = values("own_model")
    assert [check.passed for check in cells["checks"]] == [True, True, False]
    for _, _, limit, mean, stderr in cells["comparison"]:
        assert abs(mean - limit) < 4 * stderr + limit * 2 / 40  # d = 40: a term of order 1/d
    for noise, curve in cells["curves"].items():
        assert np.isfinite(curve).all()
        assert curve[-1] == pytest.approx(cells["floors"][noise], rel=0.02)


def test_own_data():
    cells = values("own_data")
    report, alone, measured_alone = (cells[name] for name in ("report", "alone", "measured_alone"))
    for words in (
        "adding them probably harms",
        "weight 0.05",
        "How far to trust this: trained models were",
    ):
        assert words in report
    assert alone.low < measured_alone < alone.high
    for estimate, error in zip(cells["estimates"], cells["measured"], strict=True):
        assert estimate.low < error < estimate.high
    changes = np.array([estimate.value / alone.value - 1 for estimate in cells["estimates"]])
    np.testing.assert_allclose(changes, cells["measured"] / measured_alone - 1, atol=0.02)


def test_remedies():
    cells = values("remedies")
    sizes, real, remedies = (cells[name] for name in ("sizes", "real", "remedies"))
    ratios = {name: errors / real for name, errors in remedies.items()}
    assert ratios["mix"][-1] > 1e4
    for name in ("weigh", "two stages"):
        assert ratios[name][-1] == pytest.approx(1, abs=1e-3)
        assert (ratios[name] < 1 + 1e-9).all()
    at = np.argmin(abs(sizes - 1000))
    assert ratios["two stages"][at] < ratios["weigh"][at] < 1
    for name in ("mix", "two stages"):
        for n, trained in cells["points"][name]:
            limit = remedies[name][np.argmin(abs(sizes - n))]
            allowed = 4 * trained.stderr.total + 2 / 40 * limit  # d = 40: a term of order 1/d
            assert abs(trained.mean.total - limit) < allowed
    best = cells["shares"][cells["by_share"].min(axis=2).argmin(axis=1)]
    slope = np.polyfit(np.log(sizes[8:17]), np.log(best[8:17]), 1)[0]
    assert slope == pytest.approx(-1, abs=0.1)


def test_they_are_notebooks():
    assert len(NAMES) >= 4
    paths = [ROOT / "notebooks" / f"{name}.py" for name in NAMES]
    command = [sys.executable, "-m", "marimo", "check", "--strict", *paths]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert checked.returncode == 0, checked.stdout + checked.stderr
