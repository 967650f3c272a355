"""Where each model learns from the last one alone, errors grow without end and few stories stay valid. A verifier keeps stories valid,
but their loss grows faster. With as many new real stories, or with all stories kept, the growth stops.

Beyond the paper: section 5's question, asked of language models round after round.
"""

from figures.house.run import Run
from simulations.language.generations import picture
from workbench.picture import Picture


def draw(run: Run) -> Picture:
    """Excess loss and share of valid stories against the round, a colour for each kind of chain."""
    return picture.chains(run.table("language.generations", "generations"))
