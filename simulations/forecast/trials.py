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
    for fold, shown, inputs in prepared_folds(data, kind, count, seed, draw):
        for index, training in enumerate(trainings):
            weights = trained(*shown, training, data.paired)
            errors = np.sum((fold.test.labels - inputs @ weights) ** 2, axis=1)
            squared[index, fold.rows] += errors if data.test is None else errors / count
            progress(1 / count / len(trainings))
    return squared


class Rows:
    """Rows in an order of which every training takes the first, and their sums, each computed once."""

    def __init__(self, features: np.ndarray, labels: np.ndarray, order: np.ndarray):
        self.features, self.labels, self.order = features, labels, order
        width = features.shape[1]
        self._known = {0: (np.zeros((width, width)), np.zeros((width, labels.shape[1])))}

    def first(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Z^T Z and Z^T y of the first rows."""
        if count not in self._known:
            start = max(known for known in self._known if known < count)
            gram, moment = self._known[start]
            rows = self.order[start:count]
            Z = self.features[rows]
            self._known[count] = (gram + Z.T @ Z, moment + Z.T @ self.labels[rows])
        return self._known[count]

    def between(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """The same of the rows from `start` to `stop`."""
        before, after = self.first(start), self.first(stop)
        return after[0] - before[0], after[1] - before[1]


def shuffled(
    real: tuple[np.ndarray, np.ndarray],
    synthetic: tuple[np.ndarray, np.ndarray] | None,
    paired: bool,
    generator: np.random.Generator,
) -> tuple[Rows, Rows | None]:
    """Both tables in random order, the same one if they are labels of the same rows."""
    first = Rows(*real, generator.permutation(len(real[0])))
    if synthetic is None:
        return first, None
    order = first.order if paired else generator.permutation(len(synthetic[0]))
    return first, Rows(*synthetic, order)


def prepared_folds(
    data: Data, kind: str, count: int, seed: int, draw: int
) -> Iterator[tuple[Fold, tuple[Rows, Rows | None], np.ndarray]]:
    """Each fold with its rows to train on, in random order, and the features of those to test on."""
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
        yield fold, shuffled(real, synthetic, data.paired, generator), inputs


def trained(real: Rows, synthetic: Rows | None, training: Training, paired: bool) -> np.ndarray:
    """Weights trained on the first rows of each; paired: on different rows.

    minimise  sum_k (alpha_k / n) sum_i |v.z_i - y_i|^2 + lambda |v|^2.
    """
    return minimiser(*weighted_sums(real, synthetic, training, paired), training.ridge)


def weighted_sums(
    real: Rows, synthetic: Rows | None, training: Training, paired: bool
) -> tuple[np.ndarray, np.ndarray]:
    """sum_k (alpha_k / n) Z_k^T Z_k, and the same of Z_k^T y_k."""
    first, second = int(training.n_real), int(training.n_synthetic)
    n, start = first + second, first if paired else 0
    if first > len(real.order) or (synthetic and start + second > len(synthetic.order)):
        raise ValueError(f"{first} real and {second} synthetic rows: expected at most what there are")
    gram, moment = (total / n for total in real.first(first))
    if synthetic is not None and second:
        others = synthetic.between(start, start + second)
        gram, moment = (a + training.weight / n * b for a, b in zip((gram, moment), others, strict=True))
    return gram, moment


def minimiser(gram: np.ndarray, moment: np.ndarray, ridge: float) -> np.ndarray:
    """The weights of these sums, the intercept's last."""
    matrix = gram + np.diag(max(ridge, NONE) * penalty(len(gram)))
    try:
        return solve(matrix, moment, assume_a="pos")
    except LinAlgError:
        return lstsq(matrix, moment)[0]
