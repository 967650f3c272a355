"""Synthetic stories first delay the scaling law of a language model, then stop it: with half of them the loss of
15,000 stories is that of 2,900 real ones, and with nothing else it is their author's.

Section 4.2 of the paper, on stories of known entropy.
"""

from figures.house.run import Run
from simulations.language import picture
from workbench.picture import Picture


def draw(run: Run) -> Picture:
    """Loss above the entropy and collapse against the number of stories, a colour for each fraction."""
    return picture.scaling(run.table("language", "scaling"))
