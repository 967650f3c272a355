"""The report counts standard errors, and what is beyond them."""

import numpy as np
import pytest

from figures.house.agreement import agreement, as_markdown
from workbench.picture import Picture


@pytest.fixture
def saved(tmp_path):
    """A function that saves a panel which another one has drawn in; the file of its arrays."""

    def save(draw):
        picture = Picture(["panel"], x="n", y="error")
        draw(picture.panels[0])
        picture.save(tmp_path, "picture", [])
        return tmp_path / "picture.csv"

    return save


def test_standard_errors_and_the_rest(saved):
    def draw(panel):
        # Gaps of 2, 5 and 0 standard errors; the second exceeds 3 by 0.2 = 20% of theory.  Without a
        # finite-size term the third is 8 standard errors away.
        limit = [1.0, 1.0, 3.2]
        panel.points([1, 2, 3], [1.2, 1.5, 4.0], [0.1, 0.1, 0.1], [1.0, 1.0, 4.0], limit)
        panel.points([4], [0.0], [0.0], [0.0], [0.0])  # a part that is zero in every draw
        panel.points([5], [7.0], [0.1])  # without theory

    measured = agreement(saved(draw))
    assert measured.points == 3
    np.testing.assert_allclose(measured[1:], [5.0, 2 / 3, 0.5, 0.2, 1 / 3], rtol=1e-6)
    row = "| picture | 3 | 5.0 | 67% | 50.00% | 20.00% | 33% |"
    assert row in as_markdown({"picture": measured})


def test_a_measured_x_axis(saved):
    def draw(panel):
        errors = {"x_stderr": np.array([0.1]), "x_theory": np.array([1.4])}
        panel.points([1.0], [2.0], [0.1], [2.0], **errors)

    measured = agreement(saved(draw))
    assert measured.points == 2
    assert measured.worst_z == pytest.approx(4.0)


def test_theory_without_a_finite_size(saved):
    measured = agreement(saved(lambda panel: panel.points([1, 2], [1.5, 2.2], [0.1, 0.1], [1.0, 1.0])))
    assert measured.beyond == pytest.approx(0.9)
    assert np.isnan(measured.within_limit)
    assert as_markdown({"picture": measured}).endswith("| 90.00% | - |\n")


def test_a_prediction_without_solution_is_not_passed_over(saved):
    def draw(panel):
        panel.points([1, 2], [1.0, 1.0], [0.1, 0.1], [1.0, np.nan])

    measured = agreement(saved(draw))
    assert measured.points == 2
    assert np.isnan(measured.worst_z)


def test_no_points_no_agreement(saved):
    assert agreement(saved(lambda panel: panel.line([1.0], [1.0]))) is None
    assert "| picture | 0 |" in as_markdown({"picture": None})
