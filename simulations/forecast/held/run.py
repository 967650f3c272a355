"""The jobs of the comparison, and a run of them."""

from pathlib import Path

import numpy as np

from simulations.forecast.held.cases import sets
from simulations.forecast.held.made import made
from simulations.forecast.held.results import compared
from workbench import run as runner
from workbench.cluster import Cluster
from workbench.fingerprint import fingerprint
from workbench.job import Job
from workbench.records import Record
from workbench.run import Outcome

KINDS = [(generator, quality) for generator in ("labels", "copula") for quality in ("bad", "good")]
SPLITS = {"mnist": 1}  # of a data set, otherwise:
OFTEN = 10
TRAININGS = 3  # a case: see `trainings_of`
MADE, AT_ONCE = 500, 25
FIRST = 10_000  # made problem: those below 500 were looked at while the interval was made
ASKED = ["study", "data", "generator", "quality", "split", "training", "code"]
MEASURED = ["n_real", "n_synthetic", "dimension", "variance", "ridge", "predicted", "low", "high"]
MEASURED += ["measured", "measured_stderr"]
CHANGES = ["change", "change_low", "change_high", "measured_change", "measured_change_stderr"]
COLUMNS = [*ASKED, *MEASURED, *CHANGES]


def run(folder: Path, *, quick: bool = False, cluster: Cluster | None = None) -> Outcome:
    """Forecasts beside measured errors, into a folder's store; what it has is not computed again.

    Raises OSError when nothing more can be written or the cluster is lost.
    """
    return runner.run(jobs(quick), folder, cluster)


def jobs(quick: bool) -> list[Job]:
    """A job a case; a job some made problems."""
    code = fingerprint(compared.__module__)
    names = ["wine"] if quick else list(sets())
    cases = [
        (name, *kind, split)
        for name in names
        for kind in KINDS
        for split in range(1 if quick else SPLITS.get(name, OFTEN))
    ]
    real = [
        Job(" ".join(map(str, case)), [_asked(*case, k, code) for k in range(TRAININGS)], compared, case)
        for case in cases
    ]
    seeds = FIRST + np.arange(4 if quick else MADE)
    blocks = [block.tolist() for block in np.array_split(seeds, max(1, len(seeds) // AT_ONCE))]
    return real + [
        Job(f"made {block[0]}", [_made(seed, code) for seed in block], made, (block,))
        for block in blocks
    ]


def _asked(name: str, generator: str, quality: str, split: int, training: int, code: str) -> Record:
    asked: Record = {"study": "data", "data": name, "generator": generator, "quality": quality}
    return asked | {"split": split, "training": training, "code": code}


def _made(seed: int, code: str) -> Record:
    return {"study": "made", "data": "made", "split": seed, "code": code}
