"""Keeping only synthetic stories without a mistake does not help beside real ones, within the error bars, and harms alone:
what passes is less diverse.

Beyond section 4.2 of the paper: a perfect verifier.
"""

from figures.house.run import Run
from simulations.language import picture
from workbench.picture import Picture


def draw(run: Run) -> Picture:
    """Loss above the entropy and collapse against the number of stories, with and without the verifier."""
    return picture.filtered(run.table("language", "filter"))
