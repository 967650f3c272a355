"""The pairs, the settings of their classifiers, and a run of all of them."""

import os
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from simulations.mnist.pairs.measure import work
from workbench import run as runner
from workbench.fingerprint import fingerprint
from workbench.job import Job
from workbench.records import Record
from workbench.run import Outcome

PAIRS = ((3, 8), (4, 9), (7, 9), (3, 5), (2, 7), (0, 1))
SIZES, RIDGES, FLIPS, SEEDS = (100, 300, 1000, 3000), (0.01, 1.0), (0.0, 0.2), 12
# On the digits of scikit-learn there are 270 images of a pair.
QUICK_PAIRS, QUICK_SIZES, QUICK_SEEDS = ((3, 8), (4, 9)), (40, 120), 20
INPUTS = ["pair", "small", "n", "ridge", "flip", "seeds", "key", "code"]
MEASURED = ["error", "error_stderr", "predicted_error"]
MEASURED += ["accuracy", "accuracy_stderr", "test_stderr", "predicted_accuracy"]
COLUMNS = [*INPUTS, *MEASURED]


def run(
    folder: Path,
    *,
    quick: bool = False,
    data: str | None = None,
    pairs: Sequence[tuple[int, int]] | None = None,
    key: int = 0,
) -> Outcome:
    """Classifiers of every pair, into a folder's store; what it has is not computed again.

    Raises ValueError for data that cannot be found, and OSError when nothing more can be written.
    """
    named = data or os.environ.get("COLLAPSE_DATA")
    images = str(Path(named).absolute()) if named and not quick else None
    chosen = pairs or (QUICK_PAIRS if quick else PAIRS)
    return runner.run([_job(images, quick, pair, key) for pair in chosen], folder)


def _job(folder: str | None, quick: bool, pair: tuple[int, int], key: int) -> Job:
    settings = product(QUICK_SIZES if quick else SIZES, RIDGES, FLIPS)
    common: Record = {"pair": f"{pair[0]}-{pair[1]}", "small": int(quick)}
    points: list[Record] = [
        common
        | {"n": n, "ridge": ridge, "flip": flip, "seeds": QUICK_SEEDS if quick else SEEDS}
        | {"key": key, "code": fingerprint(work.__module__)}
        for n, ridge, flip in settings
    ]
    return Job(f"{pair[0]} against {pair[1]}", points, work, (folder, quick, pair, points))
