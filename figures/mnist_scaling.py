"""On MNIST the harm that a fixed part of synthetic labels does stops falling with the number of images, at
the level that the closed form predicts; for 1% and less that takes more images than there are.  Accuracy
stops improving where the squared error does.

Section 4.1 of the paper, with the theory of sections 3 and 4 fed with real data.  Without true labels
(p_2 = 1), 40,000 images in place of 100 change the squared error of ReLU features and networks by 1%, and
raise their accuracy by 9 to 10 points.
"""

from figures.house.run import Run
from simulations.mnist import picture
from workbench.picture import Picture


def draw(run: Run) -> Picture:
    """Error, collapse and accuracy against the number of images, a column for each model."""
    return picture.scaling(run.table("mnist", "scaling"))
