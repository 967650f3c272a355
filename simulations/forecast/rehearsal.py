"""A rehearsal: from a third of the rows, the error of models trained on all of them."""

from collections.abc import Callable

import numpy as np

from simulations.forecast.data import Data
from simulations.forecast.estimate import Estimate, Training, interval, predicted, widened
from simulations.forecast.sample import Sample
from simulations.forecast.tables import FEWEST
from simulations.forecast.trials import folds

PART = 3  # of the rows: one


def rehearse(
    data: Data,
    kind: str,
    trainings: list[Training],
    count: int,
    seed: int,
    progress: Callable[[float], object] = lambda share: None,
) -> list[Estimate | None]:
    """Forecasts of trainings from a third of the rows of each fold: their mean; None if that is too few.

    Folds share most rows, so that the mean has the interval of one.
    """
    nothing: list[Estimate | None] = [None] * len(trainings)
    if (len(data.real) - len(data.real) // count) // PART < FEWEST:
        return nothing
    replicates = []
    for fold in folds(data, count, [seed, 0]):
        sample = third(data, kind, fold.pool, seed)
        replicates.append([predicted(sample, training).real for training in trainings])
        progress(1 / count)
    means = np.mean(replicates, axis=0)[:, 0]
    stderrs = np.mean([[interval(r).stderr for r in fold] for fold in replicates], axis=0)
    return [
        widened(Estimate(mean, mean, mean, 0.0), stderr) if np.isfinite(stderr) and mean > 0 else None
        for mean, stderr in zip(means.tolist(), stderrs.tolist(), strict=True)
    ]


def third(data: Data, kind: str, pool: np.ndarray, seed: int) -> Sample:
    """A third of these real rows, and of the synthetic ones."""
    generator = np.random.default_rng([seed, 6])
    rows = generator.permutation(pool)[: len(pool) // PART]
    real = data.real.rows(rows)
    part = data._replace(real=real)
    if data.synthetic is not None:
        chosen = rows
        if not data.paired:
            chosen = generator.permutation(len(data.synthetic))[: len(data.synthetic) // PART]
        part = part._replace(synthetic=data.synthetic.rows(chosen))
    return part.sample(kind, seed)
