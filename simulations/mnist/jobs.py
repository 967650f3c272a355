"""The jobs of blocks, and the columns of their rows."""

from collections.abc import Sequence
from itertools import chain

from simulations.mnist.cost import cost
from simulations.mnist.models import Block, Group, groups, points
from simulations.mnist.results import work
from simulations.mnist.task import Extent, Recipe
from workbench.fingerprint import fingerprint
from workbench.job import Job
from workbench.records import Record

TABLE = "mnist"
INPUTS = ["data", "d", "pool", "test", "model", "n", "width", "p2"]
INPUTS += ["generator_samples", "generator_noise", "ridge", "steps", "seeds", "key", "code"]
MEASURED = ["c2", "c2_stderr", "error", "error_stderr", "test_stderr", "collapse", "collapse_stderr"]
MEASURED += ["train_error", "accuracy", "accuracy_stderr"]
MEASURED += ["predicted_error", "predicted_collapse", "predicted_plateau"]
COLUMNS = ["study", *INPUTS, *MEASURED]


def jobs(blocks: Sequence[Block], recipe: Recipe, size: Extent) -> list[Job]:
    """The jobs of these blocks, a group each, on the task of a recipe."""
    code = fingerprint(work.__module__)
    return [
        Job(
            name=str(group),
            inputs=inputs(group, size, recipe.key, code),
            work=work,
            arguments=(recipe, group),
            labels={"study": group.block.study},
            cost=cost(group, size),
        )
        for group in chain.from_iterable(map(groups, blocks))
    ]


def inputs(group: Group, size: Extent, key: int, code: str) -> list[Record]:
    """What identifies the rows of a group."""
    block = group.block
    common: Record = {**size._asdict(), "model": block.model}
    common |= {"seeds": block.seeds, "key": key, "code": code}
    rows = []
    for point in points(group):
        generator = point.mix.generator
        row = common | {
            "n": point.n,
            "width": point.width,
            "p2": point.mix.fraction,
            "generator_samples": generator and generator.samples,
            "generator_noise": generator and generator.noise,
            "ridge": point.ridge,
            "steps": block.steps_for(point.n) if block.model == "network" else 0,
        }
        rows.append({name: row[name] for name in INPUTS})
    return rows
