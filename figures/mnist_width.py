"""Wider models amplify the collapse up to m = n; beyond it they mitigate it, and stay worse than narrow
ones unless the synthetic labels are good.

Section 4.1 of the paper: random projections of the pixels, random ReLU features, trained networks.
"""

from figures.house.run import Run
from simulations.mnist import picture
from simulations.picture import Picture


def draw(run: Run) -> Picture:
    """Error, collapse and training error against model size, a column for each model."""
    return picture.width(run.mnist("width"))
