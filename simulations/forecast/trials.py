"""Models really trained, on parts of the data, and tested on rows that they have not seen."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from scipy.linalg import LinAlgError, lstsq, solve

from simulations.forecast.data import Data, Table
from simulations.forecast.estimate import NONE, Training
from simulations.forecast.features import Features, penalty


class Measured(NamedTuple):
    """A mean squared error on held-out rows, and its standard error."""

    error: float
    stderr: float


class Fold(NamedTuple):
    """Real rows to train on; rows to test on, and which ones these are."""

    pool: np.ndarray
    test: Table
    rows: np.ndarray


def folds(data: Data, count: int, seed: list[int]) -> Iterator[Fold]:
    """A row is tested on by models that were trained without it, once; or test rows by all models."""
    order = np.random.default_rng([*seed, 3]).permutation(len(data.real))
    for part in np.array_split(order, count):
        pool = np.setdiff1d(order, part)
        if data.test is None:
            yield Fold(pool, data.real.rows(part), part)
        else:
            yield Fold(pool, data.test, np.arange(len(data.test)))


def measure(
    data: Data,
    kind: str,
    trainings: list[Training],
    count: int,
    seed: int,
    seeds: int = 1,
    progress: Callable[[float], object] = lambda share: None,
) -> list[Measured]:
    """The errors of these trainings: `seeds` models a fold each.

    The standard error is that of the mean over the rows tested on, of which every one counts once.
    """
    squared = np.mean(
        [
            _squared_errors(data, kind, trainings, count, seed, draw, lambda s: progress(s / seeds))
            for draw in range(seeds)
        ],
        axis=0,
    )
    stderrs = squared.std(axis=1, ddof=1) / np.sqrt(squared.shape[1])
    return [Measured(float(e), float(s)) for e, s in zip(squared.mean(axis=1), stderrs, strict=True)]


def _squared_errors(
    data: Data,
    kind: str,
    trainings: list[Training],
    count: int,
    seed: int,
    draw: int,
    progress: Callable[[float], object],
) -> np.ndarray:
    """Squared errors (trainings, rows tested on), in one order of the rows whatever the folds."""
    tested = len(data.real) if data.test is None else len(data.test)
    squared = np.zeros((len(trainings), tested))
    for number, fold in enumerate(folds(data, count, [seed, draw])):
        generator = np.random.default_rng([seed, 4, number, draw])
        features = Features(kind, seed).fit(data.real.features.iloc[fold.pool])
        pool = data.real.rows(fold.pool)
        real = (features.transform(pool.features), pool.labels)
        synthetic = None
        if data.paired and data.synthetic is not None:
            synthetic = (real[0], data.synthetic.labels[fold.pool])
        elif data.synthetic is not None:
            synthetic = (features.transform(data.synthetic.features), data.synthetic.labels)
        inputs = features.transform(fold.test.features)
        for index, training in enumerate(trainings):
            weights = trained(real, synthetic, training, data.paired, generator)
            errors = np.sum((fold.test.labels - inputs @ weights) ** 2, axis=1)
            squared[index, fold.rows] += errors if data.test is None else errors / count
            progress(1 / count / len(trainings))
    return squared


def trained(
    real: tuple[np.ndarray, np.ndarray],
    synthetic: tuple[np.ndarray, np.ndarray] | None,
    training: Training,
    paired: bool,
    generator: np.random.Generator,
) -> np.ndarray:
    """Weights trained on so many rows of each, drawn without repetition; paired: on different rows.

    minimise  sum_k (alpha_k / n) sum_i |v.z_i - y_i|^2 + lambda |v|^2.
    """
    first, second = int(training.n_real), int(training.n_synthetic)
    order = generator.permutation(len(real[0]))
    chosen = [(real, order[:first], 1.0)]
    if synthetic is not None and second:
        rows = order[first:] if paired else generator.permutation(len(synthetic[0]))
        chosen.append((synthetic, rows[:second], training.weight))
    n = sum(len(rows) for _, rows, _ in chosen)
    if n < first + second:
        raise ValueError(f"{first} real and {second} synthetic rows: expected at most what there are")
    matrix = np.diag(max(training.ridge, NONE) * penalty(real[0].shape[1]))
    moment = np.zeros((len(matrix), real[1].shape[1]))
    for (Z, y), rows, weight in chosen:
        part = Z[rows]
        matrix += weight / n * part.T @ part
        moment += weight / n * part.T @ y[rows]
    try:
        return solve(matrix, moment, assume_a="pos")
    except LinAlgError:
        return lstsq(matrix, moment)[0]
