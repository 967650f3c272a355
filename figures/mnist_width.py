"""Poor labels hurt wide models of images more than narrow ones: most where they begin to interpolate, less
beyond, never as little as small models; labels that are less noisy than they are wrong even help, in squared
error more often than in accuracy.

Section 4.1 of the paper: random projections of the pixels, random ReLU features, trained networks.  Lines
go through the double descent to m = 100,000; those of networks are their lazy limit.  Accuracy
falls where the error peaks.  On ReLU features of m = 400 to 1000 (= n) labels of c^2 = 0.39 lower the squared
error, and the accuracy too.
"""

from figures.house.run import Run
from simulations.mnist import picture
from simulations.mnist.closed_forms.report import joined
from workbench.picture import Picture


def draw(run: Run) -> Picture:
    """Error, collapse, accuracy and training error against model size, a column for each model."""
    rows = run.table("mnist", "width"), run.table("mnist.closed_forms", "width")
    return picture.width(joined(*rows))
