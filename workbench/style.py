"""The one look of all pictures: a style file, its colours, and which colour means what."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import matplotlib

HOUSE: dict[Any, Any] = matplotlib.rc_params_from_file(
    str(files("workbench") / "house.mplstyle"), use_default_template=False
)
# Okabe and Ito's: told apart by everybody, and in grey.  Matplotlib 3.11 adds the mark that a style file
# cannot have.
_CYCLE: list[str] = HOUSE["axes.prop_cycle"].by_key()["color"]
COLOURS: tuple[str, ...] = tuple(f"#{colour.removeprefix('#')}" for colour in _CYCLE)
# Synthetic fractions p_2 that many pictures show, in the order of the colours.
FRACTIONS = (0.0, 0.1, 0.5, 0.01, 0.001, 1.0)


def fraction_colours(fractions: Sequence[float]) -> list[int]:
    """Colour numbers of curves by their synthetic fraction p_2: each of `FRACTIONS` has its own.

    Other fractions take the numbers that follow; curves that share a fraction are numbered in order.
    """
    if len(set(fractions)) < len(fractions):
        return list(range(len(fractions)))
    others = [fraction for fraction in fractions if fraction not in FRACTIONS]
    return [(*FRACTIONS, *others).index(fraction) for fraction in fractions]
