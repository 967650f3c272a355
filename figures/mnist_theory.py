"""Gaussian theory predicts models of real images to a few percent, except near the interpolation
threshold with little ridge, where accuracy is lost as well.

Predicted and measured errors of the ridge models on MNIST.
"""

from figures.house.run import Run
from simulations.mnist import picture
from workbench.picture import Picture


def draw(run: Run) -> Picture:
    """Measured over predicted error, and accuracy, against the number of images, a column for each model."""
    return picture.theory(run.table("mnist", "theory"))
