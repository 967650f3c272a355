"""What a run costs, said before it starts."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from simulations.mnist.infinite import SAMPLES, images_of_a_sample
from simulations.mnist.models import Group
from simulations.mnist.network import BATCH
from simulations.mnist.predictions import has_theory, theory_by_kernel
from simulations.mnist.task import CLASSES, Extent
from workbench.job import Job
from workbench.run import is_done
from workbench.store import Store

SIZE = 1500  # of the matrices that the machine's rate is measured with
OVERHEAD = 5.0  # seconds a job, most of them compilation


def cost(group: Group, size: Extent) -> float:
    """Floating-point operations of a group, to leading order, theory included; float32 counts half."""
    block, (_, d, pool, tested) = group.block, size
    n, mixes = max(group.sizes), len(block.mixes)
    if block.model == "network":
        (m,) = group.widths
        return block.seeds * mixes * block.steps_for(n) * BATCH * 3.0 * m * (d + CLASSES)  # type: ignore[operator]
    m = max(width or d for width in group.widths)
    features = 0.0 if block.model == "linear" else 2.0 * (n + tested) * d * m
    if block.by_width:
        draw = features + 2.0 * (n + tested) * n * m
    else:
        draw = features + 2.0 * n * m * m + len(group.sizes) * len(block.ridges) * m**3 / 3
    if theory_by_kernel(group, pool):
        # Gram matrices of the images and their eigenvectors.
        return block.seeds * draw + SAMPLES * 10.0 * images_of_a_sample(n, pool) ** 3
    widths = [width or d for width in group.widths] if block.model == "relu" else [d]
    known = [width for width in widths if has_theory(block.model, width, pool)]
    # Features of all images, their covariance, their residuals, and eigenvectors.
    return block.seeds * draw + sum(2.0 * pool * m * (d + m) + 10.0 * m**3 for m in known)


def estimate(jobs: Sequence[Job], folder: Path) -> str:
    """How much of the jobs is still to be computed, and about how long this machine takes alone."""
    with Store(folder) as store:
        missing = [job for job in jobs if not is_done(store, job)]
    operations = sum(job.cost for job in missing)
    text = f"{len(missing)} of {len(jobs)} jobs to do, {operations / 1e12:.3g} TFLOP"
    if not missing:
        return text
    rate = machine_rate()
    seconds = operations / rate + OVERHEAD * len(missing)
    time_needed = f"{seconds:.0f} seconds" if seconds < 100 else f"{seconds / 60:.0f} minutes"
    return f"{text}: about {time_needed} at {rate / 1e9:.0f} GFLOP/s, as measured now"


def machine_rate() -> float:
    """Floating-point operations a second, float64, of this machine as busy as it is."""
    matrix = np.random.default_rng(0).normal(size=(SIZE, SIZE))
    started = time.perf_counter()
    matrix @ matrix
    return 2 * SIZE**3 / (time.perf_counter() - started)
