"""A case: what a third of its rows forecast of three times as many, and what these then give."""

import numpy as np

from simulations.forecast.data import Data, make_data
from simulations.forecast.estimate import Training, interval, widened
from simulations.forecast.features import Features
from simulations.forecast.held.cases import Case, make_case, sets
from simulations.forecast.model import Forecast
from simulations.forecast.trials import shuffled, trained
from workbench.job import Answer, Progress
from workbench.records import Record

PART = 3
# Pixels that one image in a thousand has are no features to be put on one scale with the others.
FEATURES = {"mnist": "embedding"}


def compared(name: str, generator: str, quality: str, seed: int, progress: Progress) -> Answer:
    """One row a training: the error forecast, and measured."""
    case = make_case(sets()[name](), generator, quality, seed)
    return Answer(rows(case, FEATURES.get(name, "raw"), seed))


def trainings_of(case: Case) -> list[tuple[int, int]]:
    """All rows of the pool alone, with as many synthetic ones, and a third with all synthetic ones."""
    n, m = len(case.pool.y), len(case.synthetic.y)
    return [(n, 0), (n, m), (n // PART, m)]


def rows(case: Case, kind: str, seed: int) -> list[Record]:
    """Forecasts by a third of the rows, beside models trained on all of them."""
    pool, synthetic = case.pool, case.synthetic
    first, second = slice(len(pool.y) // PART), slice(len(synthetic.y) // PART)
    forecast = Forecast(features=kind, random_state=seed)
    forecast.fit(pool.X[first], pool.y[first], synthetic.X[second], synthetic.y[second])
    everything = make_data(pool.X, pool.y, synthetic.X, synthetic.y, case.test.X, case.test.y)
    tried = [forecast.training(*size) for size in trainings_of(case)]
    errors = squared_errors(everything, kind, tried, seed)
    alone = forecast.replicates(tried[0]).real
    results = []
    for training, squared in zip(tried, errors, strict=True):
        replicates = forecast.replicates(training).real
        stderr = float(squared.std(ddof=1) / np.sqrt(len(squared)))
        estimate = widened(interval(replicates, positive=True), stderr)
        change, changed = interval(replicates - alone), squared - errors[0]
        results.append(
            {
                "n_real": int(training.n_real),
                "n_synthetic": int(training.n_synthetic),
                "dimension": int(forecast.sample_.real[0].shape[1] - 1),
                "variance": float(np.sum(everything.real.labels.var(axis=0))),
                "ridge": training.ridge,
                "predicted": estimate.value,
                "low": estimate.low,
                "high": estimate.high,
                "measured": float(squared.mean()),
                "measured_stderr": stderr,
                "change": change.value,
                "change_low": change.low,
                "change_high": change.high,
                "measured_change": float(changed.mean()),
                "measured_change_stderr": float(changed.std(ddof=1) / np.sqrt(len(changed))),
            }
        )
    return [
        {k: v for k, v in row.items() if not isinstance(v, float) or np.isfinite(v)} for row in results
    ]


def squared_errors(data: Data, kind: str, tried: list[Training], seed: int) -> np.ndarray:
    """Squared errors (trainings, test rows) of models trained on rows of the pool."""
    assert data.test is not None  # a case has test rows
    assert data.synthetic is not None  # and a synthetic side
    features = Features(kind, seed).fit(data.real.features)
    real = (features.transform(data.real.features), data.real.labels)
    synthetic = (features.transform(data.synthetic.features), data.synthetic.labels)
    inputs = features.transform(data.test.features)
    shown = shuffled(real, synthetic, False, np.random.default_rng([seed, 8]))
    return np.array(
        [np.sum((data.test.labels - inputs @ trained(*shown, t, False)) ** 2, axis=1) for t in tried]
    )
