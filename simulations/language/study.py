"""The studies: which models the default run trains, the quick one and the full one."""

from dataclasses import replace

from simulations.language.gpt2.training import Recipe
from simulations.language.plan import Block, Generator, Plan, Shape

STUDIES = {
    "scaling": "loss against the number of stories, real and synthetic",
    "size": "loss against the width and the depth of the model",
    "filter": "loss where only synthetic stories that pass the verifier are kept",
}

FRACTIONS = (0.0, 0.001, 0.01, 0.1, 0.5, 1.0)
SMALL = 0.01  # a synthetic fraction whose collapse takes many seeds to see
SIZES = (50, 150, 500, 1500, 5000, 15000)
BASE = Shape(64, 1)
SHAPES = (Shape(8, 1), Shape(16, 1), Shape(32, 1), BASE, Shape(64, 2), Shape(128, 1))
RAW, VERIFIED = Generator(1000), Generator(1000, verified=True)

DEFAULT = Plan(
    blocks=(
        Block("scaling", (BASE,), SIZES, FRACTIONS, (RAW,)),
        Block("size", SHAPES, (1500,), (0.5,), (RAW,)),
        Block("filter", (BASE,), SIZES[2:4], (0.5, 1.0), (RAW, VERIFIED)),
    ),
    author=BASE,
    seeds=2,
    steps=2000,
    epochs=8,
    recipe=Recipe(),
)


def precise(plan: Plan) -> Plan:
    """The plan with twice the seeds where collapses are small: at the most stories, p_2 up to 1%."""
    more = [
        block._replace(sizes=block.sizes[-1:], fractions=small, times=2)
        for block in plan.blocks
        if block.study == "scaling" and (small := tuple(p for p in block.fractions if 0 < p <= SMALL))
    ]
    return replace(plan, blocks=(*plan.blocks, *more))


def quick() -> Plan:
    """A few small models of every block, trained too little to learn much."""
    small, tiny = Shape(16, 1), Shape(8, 1)
    generator = Generator(200)
    return replace(
        DEFAULT,
        blocks=(
            Block("scaling", (small,), (50, 100, 300), (0.0, 0.5, 1.0), (generator,)),
            Block("size", (tiny, small), (100,), (0.5,), (generator,)),
            Block("filter", (small,), (100,), (1.0,), (generator, generator._replace(temperature=0.1))),
        ),
        author=small,
        seeds=2,
        steps=100,
    )


def full() -> Plan:
    """Larger models, more stories and seeds, for a GPU."""
    base = Shape(256, 4)
    widths = tuple(Shape(width, 4) for width in (32, 64, 128, 256, 512))
    depths = tuple(Shape(256, depth) for depth in (1, 2, 8))
    sizes = (300, 1000, 3000, 10000, 30000, 100000, 300000)
    return Plan(
        blocks=(
            Block("scaling", (base,), sizes, FRACTIONS, (RAW,)),
            Block("size", (*widths, *depths), (1000, 10000, 100000), (0.1, 0.5), (RAW,)),
            Block("filter", (base,), sizes[1:], (0.1, 0.5, 1.0), (RAW, VERIFIED)),
        ),
        author=base,
        seeds=5,
        steps=10000,
        epochs=50,
        recipe=Recipe(batch=64, learning_rate=2e-3, dropout=0.1, dtype="bfloat16"),
    )
