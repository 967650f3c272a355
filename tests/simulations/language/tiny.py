"""A plan of runs on stories that take no time, for the tests of the command."""

import pytest

from simulations.language import experiment, machine, options, plan, study, workshop
from simulations.language.corpus.corpus import SEPARATOR, grammar_corpus
from simulations.language.gpt2 import loop
from simulations.language.gpt2.training import Recipe
from simulations.language.plan import Block, Generator, Plan, Shape

SMALL, WRITER = Shape(8, 1), Generator(20)
CORPUS = grammar_corpus()
PLAN = Plan(
    blocks=(
        Block("scaling", (SMALL,), (10, 20), (0.5,), (WRITER,)),
        Block("size", (SMALL,), (20,), (0.5,), (WRITER,)),  # both of its models are in the first block
        Block("filter", (SMALL,), (20,), (1.0,), (WRITER, WRITER._replace(temperature=0.5))),
    ),
    author=SMALL,
    seeds=2,
    steps=10,
    epochs=100,
    recipe=Recipe(batch=4),
)


def tiny_runs():
    """A fixture: --quick means `PLAN`, with two segments a model, and little around them."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (loop, plan, options):
            patch.setattr(module, "SEGMENT", 5)
        patch.setattr(workshop, "VALIDATION", 10)
        patch.setattr(workshop, "TESTS", 10)
        patch.setattr(loop.text_losses, "__defaults__", (10,))
        patch.setattr(experiment, "BATCH", 20)
        patch.setattr(machine, "SIDE", 64)
        patch.setattr(study, "quick", lambda: PLAN)
        yield


def write_tales(path):
    """Sixty stories of the grammar."""
    tales = [CORPUS.text(row) for row in CORPUS.real("train", 60, 3)]
    path.write_text(f"\n{SEPARATOR}\n".join(tales))
    return path
