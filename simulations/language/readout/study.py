"""The studies: which readouts the default run trains, and the quick one."""

from simulations.language.readout.plan import Block, Plan
from simulations.language.readout.reader import Reader
from simulations.language.readout.world import Author

STUDIES = {
    "grammar": "stories of the grammar, whose law is known exactly",
    "text": "stories of a file (--corpus), whose law is that of the stories there are",
}
FRACTIONS = (0.0, 0.001, 0.01, 0.1, 0.5, 1.0)
SIZES = (30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
FEW = (0.0, 0.01, 1.0)

DEFAULT = Plan(
    blocks=(
        Block("random", "stories", 100, SIZES, FRACTIONS),
        Block("random", "stories", 300, SIZES[1::2], (*FEW, 0.001, 0.1)),
        Block("random", "stories", 1000, (10_000, 1_000_000), FEW[:2]),
        Block("random", "tokens", 100, SIZES[:8], FEW),
    ),
    author=Author(stories=100, steps=100, width=64, depth=1, temperature=0.5, written=2048),
    reader=Reader(stories=1000, steps=300, width=64, depth=1),
    order=2,
    ridge=1e-6,
    seeds=4,
)
PLANS = {
    "default": DEFAULT,
    "wide": DEFAULT._replace(
        blocks=(
            Block("random", "stories", 2000, (10_000_000,), FRACTIONS),
            Block("random", "stories", 3000, (10_000_000,), FRACTIONS),
            # Half an hour of a core, 9 GB and 7e13 operations.
            Block("random", "stories", 10_000, (10_000_000,), FEW[:2]),
        ),
        seeds=3,
    ),
    "gpt2": DEFAULT._replace(
        blocks=(
            Block("gpt2", "stories", 64, (30, 300, 3000, 30_000), FRACTIONS),
            Block("gpt2", "stories", 300, (10_000,), FEW),
        )
    ),
    "unseen": DEFAULT._replace(
        blocks=tuple(
            Block("random", "stories", width, (10_000,), (0.01, 0.1, 1.0)) for width in (100, 300, 1000)
        )
    ),
}


def quick() -> Plan:
    """A few small readouts, with an author that has hardly learnt."""
    sizes, fractions = (30, 300, 3000), (0.0, 0.1, 1.0)
    return DEFAULT._replace(
        blocks=(
            Block("random", "stories", 20, sizes, fractions),
            Block("random", "tokens", 20, sizes, (0.0,)),
        ),
        author=Author(stories=100, steps=50, width=8, depth=1, temperature=0.5, written=512),
        reader=Reader(stories=100, steps=50, width=8, depth=1),
        seeds=3,
    )
