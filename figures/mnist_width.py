"""Poor labels hurt wide models of images more than narrow ones: most where they begin to interpolate, less
beyond, never as little as small models; labels that are less noisy than they are wrong even help.

Section 4.1 of the paper: random projections of the pixels, random ReLU features, trained networks.
"""

from figures.house.run import Run
from simulations.mnist import picture
from workbench.picture import Picture


def draw(run: Run) -> Picture:
    """Error, collapse and training error against model size, a column for each model."""
    return picture.width(run.table("mnist", "width"))
