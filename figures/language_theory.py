"""With 1% of stories by an earlier model the scaling law of a language model ends on the plateau that the closed
form predicts, and 0.1% cost what it says.

Next-token regression on random features of the last two tokens, on stories of the grammar and on real ones.
"""

from figures.house.run import Run
from simulations.language.readout import picture
from workbench.picture import Picture


def draw(run: Run) -> Picture:
    """Error and collapse against the number of tokens, measured and predicted, a column for each corpus."""
    rows = [row for study in ("grammar", "text") for row in run.table("language.readout", study)]
    return picture.readouts(rows)
