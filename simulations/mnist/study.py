"""The studies: blocks of models of the default run, of the quick one and of the full one."""

from dataclasses import replace

from simulations.mnist.generator import Generator
from simulations.mnist.models import Block

MODELS = {
    "linear": "ridge regression on the pixels",
    "projection": "ridge regression on random projections of the pixels",
    "relu": "ridge regression on random ReLU features",
    "network": "two-layer network, all weights trained",
}
STUDIES = {
    "scaling": "error against the number of images",
    "width": "error against model size",
    "theory": "predicted and measured error at several ridges",
}


FRACTIONS = (0.0, 0.001, 0.01, 0.1, 0.5, 1.0)
GOOD, FAIR, POOR = Generator(10000), Generator(300), Generator(300, 0.1)
SIZES = (100, 200, 500, 1000, 2000, 5000, 10000, 20000, 40000)
THRESHOLDS = (100, 300, 500, 700, 1000, 2000, 5000, 40000)
WIDTHS = (10, 30, 100, 200, 400, 700, 1000, 1500, 2500, 5000, 10000, 30000, 100000)

_scaling = Block("scaling", "linear", SIZES, (None,), FRACTIONS, (POOR,), (0.01,), seeds=12)
_width = Block("width", "projection", (400,), WIDTHS, (0.5,), (GOOD, FAIR, POOR), (0.1,), seeds=5)
_theory = Block("theory", "linear", THRESHOLDS, (None,), (0.5,), (POOR,), (1e-4, 1e-2, 1.0), seeds=8)

DEFAULT = (
    _scaling,
    replace(_scaling, model="relu", widths=(1000,)),
    replace(_scaling, model="network", widths=(100,), ridges=(0.0,), seeds=3, steps=3000),
    _width,
    replace(_width, model="relu", sizes=(1000,), ridges=(0.001,), seeds=4),
    replace(
        _width,
        model="network",
        sizes=(1000,),
        widths=(3, 10, 30, 100, 300, 1000, 2000),
        ridges=(0.0,),
        seeds=3,
        steps=1200,
    ),
    _theory,
    replace(_theory, model="projection", widths=(300,)),
    replace(_theory, model="relu", widths=(300, 2000)),
)


def prepared(*, quick: bool = False, full: bool = False) -> tuple[Block, ...]:
    """The blocks of the quick, the full or the default run."""
    return _quick() if quick else _full() if full else DEFAULT


def _quick() -> tuple[Block, ...]:
    """A few small models of every block, for the small data set too."""
    generators = Generator(200), Generator(50, 0.1)

    def shape(block: Block) -> tuple[tuple[int, ...], tuple[int | None, ...]]:
        if block.study == "width":
            return (100,), (10, 50, 200)
        return (50, 500), (None,) if block.model == "linear" else (50,)

    def small(block: Block) -> Block:
        sizes, widths = shape(block)
        return replace(
            block,
            sizes=sizes,
            widths=widths,
            generators=generators[: len(block.generators)],
            fractions=tuple(p for p in block.fractions if p in (0.0, 0.1, 0.5)),
            ridges=block.ridges[:2],
            seeds=2,
            steps=min(block.steps, 200),
        )

    return tuple(small(block) for block in DEFAULT)


def _full() -> tuple[Block, ...]:
    """More seeds, and networks trained on as many batches as 400 passes over the images have."""
    return tuple(
        replace(block, seeds=5, epochs=400)
        if block.model == "network"
        else replace(block, seeds=2 * block.seeds)
        for block in DEFAULT
    )
