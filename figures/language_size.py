"""DRAFT"""

from figures.house.run import Run
from simulations.language import picture
from simulations.picture import Picture


def draw(run: Run) -> Picture:
    """Loss above the entropy and collapse against the number of parameters."""
    return picture.size(run.language("size"))
