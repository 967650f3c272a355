"""When an earlier model has written 1% of the training stories, the error of a language model stops falling at the
plateau that the closed form predicts. It also predicts the much smaller cost of 0.1%.

Next-token regression on random features of the last two tokens, on stories of the grammar and on real ones.
"""

from figures.house.run import Run
from simulations.language.readout import picture
from workbench.picture import Picture


def draw(run: Run) -> Picture:
    """Error and collapse against the number of tokens, measured and predicted, a column for each corpus."""
    rows = [row for study in ("grammar", "text") for row in run.table("language.readout", study)]
    return picture.readouts(rows)
