"""The penalty a training is given: from a list, or the sum-of-squares penalty that is best at hand."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from collapse_theory.checks import fail
from simulations.forecast.estimate import ENDLESS, Training, predicted
from simulations.forecast.sample import Sample

AUTO = "auto"
TRIED = 10 ** np.arange(-6, 2.01, 0.5)  # lambda, in units of a feature's variance


class Ridges(NamedTuple):
    """Values of lambda to choose from; `scaled`: of n lambda, which then is the same at any n.

    n lambda is the penalty of a loss that is a sum over samples, scikit-learn's `alpha`; where the model
    is right, its best value does not depend on n.
    """

    values: tuple[float, ...]
    scaled: bool

    def at(self, n: float) -> list[float]:
        """The ridges for n samples."""
        return [value / min(n, ENDLESS) if self.scaled else value for value in self.values]


def chosen_ridges(ridge: str | float | Sequence[float], sample: Sample) -> Ridges:
    """Those that were asked for; `auto`: the best of the real rows, and of all rows, at hand."""
    if isinstance(ridge, str) and ridge == AUTO:
        sizes = [(sample.counts[0], 0)]
        if sample.synthetic is not None:
            sizes.append((sample.counts[0], sample.counts[1]))
        return Ridges(tuple(dict.fromkeys(_best(sample, *size) for size in sizes)), scaled=True)
    try:
        values = tuple(float(value) for value in np.atleast_1d(ridge))
    except (TypeError, ValueError):
        values = (-1.0,)
    if not values or not all(0 <= value < np.inf for value in values):
        raise fail("ridge", repr(ridge), "auto, or numbers >= 0")
    features = sample.real[0].shape[1] - 1
    if 0 in values and sample.counts[0] <= features:
        expected = f"more rows than the {features} features where the ridge is 0; or a ridge > 0"
        raise fail("real data", f"{sample.counts[0]} rows", expected)
    return Ridges(values, scaled=False)


def _best(sample: Sample, n_real: int, n_synthetic: int) -> float:
    """The best n lambda for these numbers of rows."""
    errors = [
        predicted(sample, Training(n_real, n_synthetic, ridge), replicates=False).real[0]
        for ridge in TRIED
    ]
    best = int(np.nanargmin(errors)) if np.isfinite(errors).any() else len(TRIED) - 1
    return float(TRIED[best] * (n_real + n_synthetic))
