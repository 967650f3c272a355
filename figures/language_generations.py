"""SENTENCE

Beyond the paper: section 5's question, asked of language models round after round.
"""

from figures.house.run import Run
from simulations.language.generations import picture
from workbench.picture import Picture


def draw(run: Run) -> Picture:
    """Excess loss and share of valid stories against the round, a colour for each kind of chain."""
    return picture.chains(run.table("language.generations", "generations"))
