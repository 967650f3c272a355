"""Standard errors of accuracies, and the panels that show them."""

import re

import numpy as np
import pytest

from docs.site.tree import ROOT
from figures.house import tables
from simulations.mnist.accuracy import accuracies
from simulations.mnist.picture import PICTURES
from workbench.records import numbers


def test_standard_error_is_the_spread_over_draws_and_test_images():
    """Models of random skill s get an image of difficulty u right if u < s; all repeated 4000 times.

    The spread of 4000 means is known to 1/sqrt(8000) = 1.1%, so that 5% are over 4 standard errors.
    """
    generator, repeats, draws, images = np.random.default_rng(0), 4000, 5, 400
    for spread in (0.0, 0.01, 0.1):
        skill = 0.8 + spread * generator.normal(size=(repeats, draws, 1))
        right = (generator.uniform(size=(repeats, 1, images)) < skill).mean(axis=2)
        rows = [
            {
                "accuracy": each.mean(),
                "accuracy_stderr": each.std(ddof=1) / np.sqrt(draws),
                "test": images,
            }
            for each in right
        ]
        mean, stderr = accuracies(rows)
        assert np.sqrt(np.mean(stderr**2)) == pytest.approx(mean.std(), rel=0.05)


@pytest.mark.parametrize("study", PICTURES)
def test_panels_show_the_accuracies_of_the_table(study):
    """In percent; the caption says what the bars are, with and without a spread over draws."""
    rows = [row for row in tables.committed("mnist") if row["study"] == study]
    rows = [
        {k: v for k, v in row.items() if k != "accuracy_stderr"}
        for row in rows
        if study != "theory" or "predicted_error" in row
    ]
    images = np.sqrt(numbers(rows, "accuracy") * (1 - numbers(rows, "accuracy")) / 10000)
    for draws in (None, 0.007):
        known = [row | ({} if draws is None else {"accuracy_stderr": draws}) for row in rows]
        picture = PICTURES[study](known)
        panels = [panel for panel in picture.panels if panel.title.endswith("accuracy (%)")]
        assert {panel.axes.get_yscale() for panel in panels} == {"linear"}
        points = [row for panel in panels for row in panel.rows if row["kind"] == "simulation"]
        expected = 100 * np.array([numbers(rows, "accuracy"), np.hypot(images, draws or 0.0)])
        shown = np.array([[row["y"], row["stderr"]] for row in points])
        # Curves are drawn model by model: what is compared are sets of points.
        np.testing.assert_allclose(sorted(map(tuple, shown)), sorted(zip(*expected, strict=True)))
        alone = "standard error of the 10,000 test images alone"
        assert (alone in picture.caption) == (draws is None)
        assert ("over draws and the 10,000 test images" in picture.caption) == (draws is not None)


def test_the_page_shows_the_accuracies_of_the_table():
    page = (ROOT / "docs" / "images.md").read_text(encoding="utf-8")
    line = r"\| (none|\d+%) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|"
    lines = {name: values for name, *values in re.findall(line, page)}
    assert list(lines) == ["none", "10%", "50%", "100%"]
    for name, values in lines.items():
        fraction = 0.0 if name == "none" else float(name[:-1]) / 100
        rows = [
            row
            for row in tables.committed("mnist")
            if (row["study"], row["n"], row["p2"]) == ("scaling", 40000, fraction)
        ]
        assert [row["model"] for row in rows] == ["linear", "relu", "network"]
        assert values == [f"{100 * row['accuracy']:.2f}" for row in rows]
