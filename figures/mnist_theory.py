"""Gaussian theory predicts models of real images to a few percent, except near the interpolation
threshold with little ridge, where accuracy is lost as well.

Predicted and measured errors of the ridge models on MNIST.  With lambda = 0.0001 accuracy falls to between 30 and
39% at the threshold of 300 features and of the pixels; with lambda = 1 it grows with every step of n.
"""

from figures.house.run import Run
from simulations.mnist import picture
from workbench.picture import Picture


def draw(run: Run) -> Picture:
    """Measured over predicted error, and accuracy, against the number of images, a column for each model."""
    return picture.theory(run.table("mnist", "theory"))
