"""Names are traced to the files that define them."""

import pytest

from workbench.definitions import definition, source


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("collapse_theory.predict", "collapse_theory/predict.py#predict"),
        ("collapse_theory.theorem_1", "collapse_theory/paper.py#theorem_1"),
        ("simulations.Estimate", "simulations/seeds.py#Estimate"),
        ("simulations.mnist.theory.predicted_errors", "simulations/mnist/theory.py#predicted_errors"),
    ],
)
def test_source(name, file):
    assert source(name) == file


def test_modules_and_unknown_names_are_left_alone():
    assert definition("collapse_theory.spectra") == "collapse_theory.spectra"
    assert definition("collapse_theory.nothing") == "collapse_theory.nothing"
