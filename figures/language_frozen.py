"""When a trained network is frozen and its last layer fitted again by ridge regression, the closed form predicts that layer's error
and its collapse. The network itself loses more: its states are worse too.

GPT-2s of the grammar's stories, a part of which an earlier model wrote.
"""

from figures.house.run import Run
from simulations.language.frozen import picture
from workbench.picture import Picture


def draw(run: Run) -> Picture:
    """Errors of refit layers, squared errors on other stories and collapses, against p_2."""
    return picture.networks(run.table("language.frozen"))
