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

    Folds share most rows, so that the mean has about the interval of one: the first fold's.
    """
    nothing: list[Estimate | None] = [None] * len(trainings)
    if (len(data.real) - len(data.real) // count) // PART < FEWEST:
        return nothing
    values, stderrs = [], np.zeros(len(trainings))
    for number, fold in enumerate(folds(data, count, [seed, 0])):
        sample = third(data, kind, fold.pool, seed)
        errors = [predicted(sample, training, replicates=number == 0).real for training in trainings]
        values.append([replicates[0] for replicates in errors])
        if number == 0:
            stderrs = np.array([interval(replicates).stderr for replicates in errors])
        progress(1 / count)
    means = np.mean(values, axis=0)
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
