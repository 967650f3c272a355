"""The closed form predicts language models of a frozen kind, and the plateau that 1% of an earlier model's
stories puts under their scaling law.

Next-token regression on random features of the context: stories of the grammar and real ones.
"""

from figures.house.run import Run
from simulations.language.readout import picture
from workbench.picture import Picture


def draw(run: Run) -> Picture:
    """Error and collapse against the number of tokens, measured and predicted, a column for each corpus."""
    rows = [row for study in ("grammar", "text") for row in run.table("language.readout", study)]
    return picture.readouts(rows)
