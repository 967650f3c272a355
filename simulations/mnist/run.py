"""A run: models trained on images, and theory beside them, in an output folder."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from simulations.mnist import study
from simulations.mnist.data import Images, load
from simulations.mnist.jobs import TABLE, jobs
from simulations.mnist.models import Block
from simulations.mnist.task import Recipe, extent, parts
from workbench import run as runner
from workbench.cluster import Cluster
from workbench.command import within
from workbench.job import Job
from workbench.run import Outcome
from workbench.store import refuse_older

MOST_UNKNOWNS = 20_000  # of one linear system


class Plan(NamedTuple):
    """The jobs of a run, and which images they are about."""

    data: str
    jobs: list[Job]


def run(
    folder: Path,
    *,
    quick: bool = False,
    full: bool = False,
    blocks: Sequence[Block] | None = None,
    data: str | None = None,
    key: int = 0,
    cluster: Cluster | None = None,
) -> Outcome:
    """Models trained on images, with their errors and what the theory predicts, into a folder's store.

    `blocks` are by default those of the quick, the full or the default study; `data` is a folder with
    MNIST's files (see `load`).  Raises ValueError for bad input, and OSError when nothing more can be
    written or the cluster is lost.
    """
    refuse_older(folder, TABLE)
    planned = plan(quick=quick, full=full, blocks=blocks, data=data, key=key)
    return runner.run(planned.jobs, folder, cluster)


def plan(
    *,
    quick: bool = False,
    full: bool = False,
    blocks: Sequence[Block] | None = None,
    data: str | None = None,
    key: int = 0,
) -> Plan:
    """What `run` would do.  Raises ValueError for bad input."""
    if quick and full:
        raise ValueError("--quick and --full: expected one of them")
    if not 0 <= key < 2**63:
        raise ValueError(f"key = {key}: expected a whole number in [0, 2^63)")
    if blocks is None:
        blocks = study.prepared(quick=quick, full=full)
    named = data or os.environ.get("COLLAPSE_DATA")
    # A worker's working directory may be another.
    folder = str(Path(named).absolute()) if named else None
    images = load(folder, small=quick)
    check(blocks, images)
    generators = dict.fromkeys(generator for block in blocks for generator in block.generators)
    recipe = Recipe(folder, quick, tuple(generators), key)
    return Plan(images.name, jobs(blocks, recipe, extent(images)))


def check(blocks: Sequence[Block], images: Images) -> None:
    """Raise ValueError for the first field that no model on these images can have."""
    most_samples, pool = parts(len(images.train))
    for block in blocks:
        widths = [m for m in block.widths if m is not None]
        if len(widths) < len(block.widths) and block.model != "linear":
            raise ValueError(f"width = none: expected a number for {block.model}")
        for name, values, low, high in (
            ("n", block.sizes, 1, pool),
            ("width", widths, 1, 10**6),
            ("synthetic_fraction", block.fractions, 0, 1),
            ("generator", [g.samples for g in block.generators], 1, most_samples),
            ("generator noise", [g.noise for g in block.generators], 0, 1e6),
            ("seeds", [block.seeds], 2, 10**6),
            ("ridge", block.ridges if block.model != "network" else [], 1e-12, 1e12),
            ("steps", [block.steps] if block.model == "network" else [], 1, 10**9),
        ):
            for value in values:
                within(name, value, low, high)
        if block.model in ("projection", "relu"):
            name, unknowns = ("n", block.sizes) if block.by_width else ("width", widths)
            if max(unknowns) > MOST_UNKNOWNS:
                expected = f"at most {MOST_UNKNOWNS}, the other of n and width having more values"
                raise ValueError(f"{name} = {max(unknowns)}: expected {expected}")
