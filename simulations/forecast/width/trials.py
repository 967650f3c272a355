"""Models of one width really trained, and tested on rows that they have not seen."""

from collections.abc import Callable

import numpy as np

from simulations.forecast.data import Data
from simulations.forecast.estimate import Training
from simulations.forecast.trials import Measured, measure, minimiser, prepared_folds, weighted_sums
from simulations.forecast.width.sizes import Sized

# Matrices S that are drawn for a model: their spread falls like 1 / m.
DRAWN, FEWEST, MOST = 1000, 2, 10


def measured(
    data: Data,
    model: Sized,
    trainings: list[Training],
    count: int,
    seed: int,
    seeds: int = 1,
    progress: Callable[[float], object] = lambda share: None,
) -> list[Measured]:
    """The errors of these trainings, cross-fitted as `trials.measure` does.

    ReLU features are those that the forecast knows.  Projections are drawn anew for every fold, as the
    forecast is one of their mean; the same ones for every training.
    """
    if not model.projected:
        return measure(data, model.kind, trainings, count, seed, seeds, progress)
    results = [
        _projected(data, model, trainings, count, seed, draw, lambda s: progress(s / seeds))
        for draw in range(seeds)
    ]
    squared = np.mean([rows for rows, _ in results], axis=0)
    spread = np.mean([variances for _, variances in results], axis=0) / seeds
    stderrs = np.sqrt(squared.var(axis=1, ddof=1) / squared.shape[1] + spread)
    return [Measured(float(e), float(s)) for e, s in zip(squared.mean(axis=1), stderrs, strict=True)]


def projections(seed: list[int], d: int, width: int) -> np.ndarray:
    """Matrices S (draws, d, m) with iid N(0, 1/d) entries."""
    draws = int(np.clip(DRAWN // width, FEWEST, MOST))
    return np.random.default_rng(seed).normal(size=(draws, d, width)) / np.sqrt(d)


def projected_minimiser(gram: np.ndarray, moment: np.ndarray, ridge: float, S: np.ndarray) -> np.ndarray:
    """S v of the v that is trained on z = S^T x with these sums over (x, 1); the intercept last."""
    d, m = S.shape
    A = np.zeros((d + 1, m + 1))
    A[:d, :m], A[d, m] = S, 1.0
    return A @ minimiser(A.T @ gram @ A, A.T @ moment, ridge)


def _projected(
    data: Data,
    model: Sized,
    trainings: list[Training],
    count: int,
    seed: int,
    draw: int,
    progress: Callable[[float], object],
) -> tuple[np.ndarray, np.ndarray]:
    """Squared errors (trainings, rows tested on), means over S; what few S add to a mean's variance."""
    tested = len(data.real) if data.test is None else len(data.test)
    squared, variances = np.zeros((len(trainings), tested)), np.zeros(len(trainings))
    for number, (fold, shown, inputs) in enumerate(prepared_folds(data, model.kind, count, seed, draw)):
        several = projections([seed, 11, number, draw, model.width], inputs.shape[1] - 1, model.width)
        share = len(fold.rows) / tested if data.test is None else 1 / count
        for index, training in enumerate(trainings):
            gram, moment = weighted_sums(*shown, training, data.paired)
            errors = np.array(
                [
                    np.sum(
                        (
                            fold.test.labels
                            - inputs @ projected_minimiser(gram, moment, training.ridge, S)
                        )
                        ** 2,
                        axis=1,
                    )
                    for S in several
                ]
            )
            squared[index, fold.rows] += errors.mean(axis=0) * (1.0 if data.test is None else share)
            variances[index] += share**2 * errors.mean(axis=1).var(ddof=1) / len(several)
            progress(1 / count / len(trainings))
    return squared, variances
