"""A synthetic fraction has one colour in every picture."""

from matplotlib.colors import is_color_like

from workbench.style import COLOURS, FRACTIONS, fraction_colours


def test_colours_are_colours():
    assert len(COLOURS) > len(FRACTIONS)
    assert all(is_color_like(colour) for colour in COLOURS)


def test_a_fraction_keeps_its_colour_whatever_it_stands_beside():
    assert fraction_colours([0.5, 0.0, 0.1]) == [FRACTIONS.index(p2) for p2 in (0.5, 0.0, 0.1)]
    assert fraction_colours([0.3, 0.1, 0.7]) == [
        len(FRACTIONS),
        FRACTIONS.index(0.1),
        len(FRACTIONS) + 1,
    ]


def test_curves_of_one_fraction_are_told_apart():
    assert fraction_colours([0.1, 0.1, 0.0]) == [0, 1, 2]
