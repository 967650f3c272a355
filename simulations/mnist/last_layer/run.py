"""The networks whose last layers are fitted anew, and a run of all of them."""

import os
from collections.abc import Sequence
from pathlib import Path

from simulations.mnist.data import load
from simulations.mnist.generator import Generator
from simulations.mnist.last_layer.measure import Setting, work
from simulations.mnist.mix import CLEAN, Mix
from simulations.mnist.task import Extent, Recipe, extent
from workbench import run as runner
from workbench.cluster import Cluster
from workbench.fingerprint import fingerprint
from workbench.job import Job
from workbench.records import Record
from workbench.run import Outcome

TABLE = "mnist.last_layer"
N, STEPS = 1000, 1200  # as the networks of the width study
WIDTHS, RIDGES, SEEDS = (30, 100, 300, 1000), (1e-4, 1e-2), 4
REFITS, IMAGES, HELD = 10, 20_000, 10_000
MIXES = (CLEAN, Mix(0.5, Generator(300)))
QUICK_WIDTHS, QUICK_MIXES = (20,), (CLEAN, Mix(0.5, Generator(50, 0.1)))

INPUTS = ["data", "d", "pool", "test", "n", "width", "p2", "generator_samples", "generator_noise"]
INPUTS += ["ridge", "steps", "seeds", "refits", "images", "held_out", "key", "code"]
COLUMNS = list(INPUTS)
for _name in ("predicted", "held", "gap", "new", "own", "network"):
    COLUMNS += [_name, f"{_name}_stderr"]


def settings(quick: bool = False) -> list[Setting]:
    """The networks, mixes of labels fastest."""
    if quick:
        return [
            Setting(100, m, mix, RIDGES, 100, 2, 2, 600, 200)
            for m in QUICK_WIDTHS
            for mix in QUICK_MIXES
        ]
    return [
        Setting(N, m, mix, RIDGES, STEPS, SEEDS, REFITS, IMAGES, HELD) for m in WIDTHS for mix in MIXES
    ]


def run(
    folder: Path, *, quick: bool = False, data: str | None = None, cluster: Cluster | None = None
) -> Outcome:
    """Last layers of every network, into a folder's store; what it has is not computed again.

    `data` as in `load`.  Raises ValueError for data that cannot be found, and OSError when nothing more
    can be written or the cluster is lost.
    """
    named = data or os.environ.get("COLLAPSE_DATA")
    images = str(Path(named).absolute()) if named else None
    size = extent(load(images, small=quick))
    chosen = settings(quick)
    generators = dict.fromkeys(s.mix.generator for s in chosen if s.mix.generator is not None)
    recipe = Recipe(images, quick, tuple(generators), 0)
    return runner.run(jobs(chosen, recipe, size), folder, cluster)


def jobs(chosen: Sequence[Setting], recipe: Recipe, size: Extent) -> list[Job]:
    """A job a setting."""
    code = fingerprint(work.__module__)
    return [
        Job(
            name=f"m = {setting.width}, p2 = {setting.mix.fraction:g}",
            inputs=inputs(setting, size, recipe.key, code),
            work=work,
            arguments=(recipe, setting),
            cost=setting.seeds * (setting.width + 300.0),
        )
        for setting in chosen
    ]


def inputs(setting: Setting, size: Extent, key: int, code: str) -> list[Record]:
    """What identifies each row."""
    generator = setting.mix.generator
    row = {**size._asdict(), **setting._asdict(), "p2": setting.mix.fraction, "held_out": setting.held}
    row |= {
        "generator_samples": generator and generator.samples,
        "generator_noise": generator and generator.noise,
        "key": key,
        "code": code,
    }
    rows = [row | {"ridge": ridge} for ridge in setting.ridges]
    return [{name: row[name] for name in INPUTS} for row in rows]
