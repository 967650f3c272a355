"""Half of synthetic stories harm language models of width 32 and more two to three times as much as narrower ones. From
there on the harm grows no further.

Section 4.2 of the paper, on stories of known entropy.
"""

from figures.house.run import Run
from simulations.language import picture
from workbench.picture import Picture


def draw(run: Run) -> Picture:
    """Loss above the entropy and collapse against the number of parameters."""
    return picture.size(run.table("language", "size"))
