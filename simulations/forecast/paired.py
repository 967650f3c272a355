"""Rows with two labels: the exact law of mixing them at the present number of rows, for any smoother."""

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import Ridge

from collapse_theory.checks import fail
from simulations.forecast.data import Data
from simulations.forecast.features import Features
from simulations.forecast.trials import folds
from simulations.mixing_law import MixingLaw, law

MIXES = (0.0, 0.5, 1.0)  # parts of the labels that are synthetic: three give all others


def mixing_law(
    data: Data, kind: str, smoother: Any, *, count: int, seed: int, seeds: int = 4
) -> MixingLaw:
    """E(n_2) = a + b q_1 + c q_2 of a model whose predictions are linear in its labels.

    - `smoother`: a scikit-learn regressor, such as `Ridge` or `KernelRidge`;
    - `count`: folds; n is the number of rows that the smallest leaves;  `seeds`: mixes drawn in each.

    Errors are measured on held-out rows against their real labels.  Raises ValueError for data that are
    not rows with two labels.
    """
    if not data.paired or data.synthetic is None:
        raise fail("data", "rows with one label", "two labels for each row (no X_synthetic)")
    n = len(data.real) - -(-len(data.real) // count)
    synthetic = [round(part * n) for part in MIXES]
    errors = np.zeros((len(MIXES), len(data.real)))
    for number, fold in enumerate(folds(data, count, [seed, 0])):
        features = Features(kind, seed).fit(data.real.features.iloc[fold.pool])
        inputs = features.transform(data.real.features)[:, :-1]
        for draw in range(seeds):
            pool = np.random.default_rng([seed, 10, number, draw]).permutation(fold.pool)[:n]
            for index, second in enumerate(synthetic):
                labels = data.real.labels[pool].copy()
                labels[:second] = data.synthetic.labels[pool[:second]]
                model = clone(smoother).fit(inputs[pool], labels)
                left = data.real.labels[fold.rows] - model.predict(inputs[fold.rows]).reshape(
                    len(fold.rows), -1
                )
                errors[index, fold.rows] += np.sum(left**2, axis=1) / seeds
    # Three mixes give the law exactly, row by row: what their errors share does not blur it.
    coefficients = np.linalg.solve(law(n, synthetic), errors)
    covariance = np.cov(coefficients) / coefficients.shape[1]
    return MixingLaw(n, coefficients.mean(axis=1), covariance, None)


def ridge_model(ridge: float, n: int) -> Ridge:
    """Ridge regression of n rows with this lambda, in scikit-learn's units: alpha = n lambda."""
    return Ridge(alpha=max(ridge, 1e-12) * n)
