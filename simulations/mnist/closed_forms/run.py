"""A run: the closed forms of the width study in an output folder."""

import os
from dataclasses import replace
from pathlib import Path

from simulations.mnist import study
from simulations.mnist.closed_forms.results import work
from simulations.mnist.data import load
from simulations.mnist.infinite import SAMPLES, images_of_a_sample
from simulations.mnist.jobs import INPUTS, inputs
from simulations.mnist.lazy import SAMPLES as LAZY_SAMPLES
from simulations.mnist.models import Block, Group, groups
from simulations.mnist.task import Extent, Recipe, extent
from workbench import run as runner
from workbench.cluster import Cluster
from workbench.fingerprint import fingerprint
from workbench.job import Job
from workbench.run import Outcome

TABLE = "mnist.closed_forms"
COLUMNS = ["study", *INPUTS, "predicted_error", "predicted_collapse"]
NARROWEST = 100  # networks whose lazy limit is computed, a minute each


def blocks(quick: bool = False) -> list[Block]:
    """The blocks of the width study; of networks the wider ones."""
    chosen = [block for block in study.prepared(quick=quick) if block.study == "width"]
    return [
        replace(block, widths=tuple(m for m in block.widths if quick or (m or 0) >= NARROWEST))
        if block.model == "network"
        else block
        for block in chosen
    ]


def run(
    folder: Path, *, quick: bool = False, data: str | None = None, cluster: Cluster | None = None
) -> Outcome:
    """The predictions of the width study into a folder's store; `data` as in `load`."""
    named = data or os.environ.get("COLLAPSE_DATA")
    images = str(Path(named).absolute()) if named else None
    size = extent(load(images, small=quick))
    # All generators, as in a whole run: they share their random features.
    asked = dict.fromkeys(g for block in study.prepared(quick=quick) for g in block.generators)
    recipe = Recipe(images, quick, tuple(asked), 0)
    every = [group for block in blocks(quick) for group in groups(block)]
    return runner.run([_job(group, recipe, size) for group in every], folder, cluster)


def _job(group: Group, recipe: Recipe, size: Extent) -> Job:
    samples = LAZY_SAMPLES if group.block.model == "network" else SAMPLES
    return Job(
        name=str(group),
        inputs=inputs(group, size, recipe.key, fingerprint(work.__module__)),
        work=work,
        arguments=(recipe, group),
        labels={"study": group.block.study},
        cost=10.0 * samples * images_of_a_sample(group.sizes[0], size.pool) ** 3,
    )
