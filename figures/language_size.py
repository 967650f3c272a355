"""Half of synthetic stories harm wide language models more than narrow ones, up to where models begin to fit
every story; beyond that a little less, within the error bars.

Section 4.2 of the paper, on stories of known entropy.
"""

from figures.house.run import Run
from simulations.language import picture
from workbench.picture import Picture


def draw(run: Run) -> Picture:
    """Loss above the entropy and collapse against the number of parameters."""
    return picture.size(run.table("language", "size"))
