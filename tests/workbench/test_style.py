"""A synthetic fraction has one colour in every picture."""

from workbench.style import FRACTIONS, fraction_colours


def test_a_fraction_keeps_its_colour_whatever_it_stands_beside():
    assert fraction_colours([0.5, 0.0, 0.1]) == [FRACTIONS.index(p2) for p2 in (0.5, 0.0, 0.1)]
    assert fraction_colours([0.3, 0.1, 0.7]) == [
        len(FRACTIONS),
        FRACTIONS.index(0.1),
        len(FRACTIONS) + 1,
    ]


def test_curves_of_one_fraction_are_told_apart():
    assert fraction_colours([0.1, 0.1, 0.0]) == [0, 1, 2]
