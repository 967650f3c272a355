"""DRAFT"""

from figures.house.run import Run
from simulations.language import picture
from simulations.picture import Picture


def draw(run: Run) -> Picture:
    """Loss above the entropy and collapse against the number of stories, a colour for each fraction."""
    return picture.scaling(run.language("scaling"))
