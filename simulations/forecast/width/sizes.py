"""The models of a width study, and the trainings of each."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from collapse_theory.checks import fail
from simulations.forecast.estimate import Training, predicted
from simulations.forecast.features import MOST_FEATURES
from simulations.forecast.model import Forecast
from simulations.forecast.sample import Sample


class Rows(NamedTuple):
    """Numbers of rows that a model is trained on; `trained`: models really are, on as many."""

    n_real: int
    n_synthetic: int
    trained: bool


class Sized(NamedTuple):
    """Models of one width m: of m random projections of the features, or of m random ReLU features.

    `sample` are the rows with the features that are known: those projected, or the m ReLU features.
    Ridges are the forecast's times `ridge_scale`.
    """

    kind: str
    width: int
    sample: Sample
    projected: bool
    ridge_scale: float


def checked_widths(widths: Sequence[float]) -> list[int]:
    """Widths in order.  Raises ValueError for what is no list of different whole numbers."""
    values = np.atleast_1d(np.asarray(widths, dtype=object)).tolist()
    whole = all(isinstance(m, int | float) and not isinstance(m, bool) and m == m // 1 for m in values)
    if not values or not whole or not all(1 <= m <= MOST_FEATURES for m in values):
        raise fail("width", repr(widths), f"whole numbers from 1 to {MOST_FEATURES}")
    return sorted({int(m) for m in values})


def is_projected(features: str) -> bool:
    """Whether widths are those of projections of the features, not numbers of ReLU features."""
    return not features.startswith("relu")


def sized(forecast: Forecast, width: int) -> Sized:
    """The models of this width.

    A ridge that the forecast has chosen itself ("auto") grows with the width, as lambda m / D, where D
    features have lambda.  Then functions of one size have the same penalty at every width: |v|^2 falls
    like 1 / m, as S^T x or max(S^T x, 0) has m entries of one size.
    """
    count = forecast.sample_.real[0].shape[1] - 1
    scale = width / count if forecast.ridges_.scaled else 1.0
    if is_projected(forecast.features):
        return Sized(forecast.features, width, forecast.sample_, True, scale)
    kind = f"relu:{width}"
    sample = forecast.data_.sample(kind, int(forecast.random_state))
    return Sized(kind, width, sample, False, scale)


def row_numbers(n_real: int, n_synthetic: int, paired: bool, folds: int) -> list[Rows]:
    """All rows at hand; then as many as a fold leaves, on which models are trained."""
    pool = n_real - math.ceil(n_real / folds)
    numbers = [Rows(n_real, 0, False), Rows(pool, 0, True)]
    if n_synthetic:
        mixed = (pool - pool // 2, pool // 2) if paired else (pool, n_synthetic)
        numbers += [Rows(n_real, n_synthetic, False), Rows(*mixed, True)]
    return numbers


def training(forecast: Forecast, model: Sized, rows: Rows) -> Training:
    """A training of this width with the best of the ridges."""
    width = model.width if model.projected else None
    trainings = [
        Training(rows.n_real, rows.n_synthetic, ridge * model.ridge_scale, 1.0, width)
        for ridge in forecast.ridges_.at(rows.n_real + rows.n_synthetic)
    ]
    if len(trainings) == 1:
        return trainings[0]
    errors = [predicted(model.sample, one, replicates=False).real[0] for one in trainings]
    return trainings[int(np.nanargmin(errors)) if np.isfinite(errors).any() else -1]
