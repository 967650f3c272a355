"""`Forecast`: what adding synthetic data, or more real data, does to the test error of a ridge model."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from collapse_theory.checks import fail
from simulations.forecast.data import Data, make_data
from simulations.forecast.estimate import Estimate, Predicted, Training, interval, predicted, widened
from simulations.forecast.paired import mixing_law, ridge_model
from simulations.forecast.ridges import AUTO, chosen_ridges
from simulations.mixing_law import MixingLaw
from workbench.records import number

if TYPE_CHECKING:
    from simulations.forecast.width.study import WidthStudy

WEIGHTS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 1.0, 1.5, 2.0)


class Forecast(BaseEstimator):
    """Test errors of ridge regression on more, or fewer, real and synthetic rows than there are.

        minimise  (1/n) ( sum_real |v.z - y|^2 + weight sum_synthetic |v.z - y|^2 ) + ridge |v|^2,

    n = n_real + n_synthetic, an intercept without penalty; errors are mean squared errors on real data,
    noise included, summed over the targets (or the classes, one-hot).

    - `features`: "raw" (numbers standardised, words one-hot), "relu:M" (M random ReLU features of these)
      or "embedding" (numbers as they are);
    - `ridge`: lambda or a list of them, of which each training takes the best; "auto": the n lambda that
      is best for the rows at hand, at any n;
    - `task`: "regression" or "classification"; "auto": words and up to 20 whole numbers are classes;
    - `missing`: "refuse" tables with missing values, "drop" their rows, or fill in the "mean";
    - `folds`: parts of the real rows, each tested on by models trained on the others;
    - `seeds`: how often each of these is trained, on other parts of the rows;
    - `random_state`: a whole number; with the same one everything is the same.

    Scikit-learn's conventions hold.  The forecast is `transfer`'s: leave-one-out errors of fits to the
    rows at hand, carried to other numbers of rows.
    """

    def __init__(
        self,
        features: str = "raw",
        ridge: str | float | Sequence[float] = AUTO,
        task: str = "auto",
        missing: str = "refuse",
        folds: int = 5,
        seeds: int = 1,
        random_state: int = 0,
    ):
        self.features = features
        self.ridge = ridge
        self.task = task
        self.missing = missing
        self.folds = folds
        self.seeds = seeds
        self.random_state = random_state

    def fit(
        self,
        X: Any,
        y: Any,
        X_synthetic: Any = None,
        y_synthetic: Any = None,
        X_test: Any = None,
        y_test: Any = None,
    ) -> "Forecast":
        """Look at the rows; without `X_synthetic`, `y_synthetic` are other labels of the rows of X.

        Raises ValueError, in one sentence, for data that cannot be forecast from.
        """
        data = make_data(
            X, y, X_synthetic, y_synthetic, X_test, y_test, task=self.task, missing=self.missing
        )
        return self.fit_data(data)

    def fit_data(self, data: Data) -> "Forecast":
        """`fit` for data that are checked."""
        if not isinstance(self.folds, int) or not 2 <= self.folds <= len(data.real) // 2:
            raise fail("folds", repr(self.folds), f"a whole number from 2 to {len(data.real) // 2}")
        if not isinstance(self.seeds, int) or self.seeds < 1:
            raise fail("seeds", repr(self.seeds), "a whole number >= 1")
        if not isinstance(self.random_state, int | np.integer) or self.random_state < 0:
            raise fail("random_state", repr(self.random_state), "a whole number >= 0")
        self.data_ = data
        self.sample_ = data.sample(self.features, int(self.random_state))
        self.n_features_in_ = data.real.features.shape[1]
        self.ridges_ = chosen_ridges(self.ridge, self.sample_)
        self._known: dict[Training, Predicted] = {}
        return self

    @property
    def n_real(self) -> int:
        """The real rows at hand."""
        check_is_fitted(self)
        return len(self.data_.real)

    @property
    def n_synthetic(self) -> int:
        """The synthetic rows at hand."""
        check_is_fitted(self)
        return 0 if self.data_.synthetic is None else len(self.data_.synthetic)

    def training(
        self,
        n_real: float,
        n_synthetic: float = 0,
        weight: float = 1.0,
        ridge: float | None = None,
        width: float | None = None,
    ) -> Training:
        """A training with, unless it is given, the best of the ridges."""
        check_is_fitted(self)
        for name, value in (("n_real", n_real), ("n_synthetic", n_synthetic), ("weight", weight)):
            if (
                isinstance(value, bool)
                or not isinstance(value, int | float | np.number)
                or not value >= 0
            ):
                raise fail(name, repr(value), "a number >= 0")
        if n_real + n_synthetic * (weight > 0) == 0:
            raise fail("n_real", n_real, "samples of one kind at least")
        if n_synthetic and self.data_.synthetic is None:
            raise fail("n_synthetic", n_synthetic, "0, as there are no synthetic data")
        if width is not None and not width > 0:
            raise fail("width", repr(width), "a number > 0, or None")
        if ridge is not None and not 0 <= ridge < math.inf:
            raise fail("ridge", repr(ridge), "a number >= 0, or None")
        values = self.ridges_.at(n_real + n_synthetic) if ridge is None else [float(ridge)]
        trainings = [
            Training(float(n_real), float(n_synthetic), value, float(weight), width) for value in values
        ]
        if len(trainings) == 1:
            return trainings[0]
        errors = [self.value(training) for training in trainings]
        return trainings[int(np.nanargmin(errors)) if np.isfinite(errors).any() else -1]

    def value(self, training: Training) -> float:
        """The error of a training, without an interval."""
        known = self._known.get(training) or predicted(self.sample_, training, replicates=False)
        return float(known.real[0])

    def replicates(self, training: Training) -> Predicted:
        """What all rows, and all but each group of them, say of a training."""
        if training not in self._known:
            self._known[training] = predicted(self.sample_, training)
        return self._known[training]

    def predict_error(
        self,
        n_real: float,
        n_synthetic: float = 0,
        weight: float = 1.0,
        *,
        ridge: float | None = None,
        width: float | None = None,
        measured_stderr: float = 0.0,
    ) -> Estimate:
        """The test error of a training, with its interval of 90%; NaN where the rows do not tell it.

        - `n_real`, `n_synthetic`: numbers of samples, inf too;  `weight`: of a synthetic one;
        - `ridge`: lambda, by default the best of the forecast's;  `width`: m of random projections
          z = S^T x of the features, S_ij ~ N(0, 1/d); None: the features themselves;
        - `measured_stderr`: the interval is for a measurement with this standard error.
        """
        training = self.training(n_real, n_synthetic, weight, ridge, width)
        estimate = interval(self.replicates(training).real, positive=True)
        return widened(estimate, measured_stderr) if measured_stderr else estimate

    def best_weight(self, n_real: float, n_synthetic: float) -> tuple[float, Estimate]:
        """The weight of a synthetic sample (0: leave them out) with the least error; that error."""
        candidates = [self.training(n_real, 0)] if n_real else []
        weights = [0.0] * len(candidates) + list(WEIGHTS)
        candidates += [self.training(n_real, n_synthetic, weight) for weight in WEIGHTS]
        best = int(np.nanargmin([self.value(training) for training in candidates]))
        return weights[best], interval(self.replicates(candidates[best]).real, positive=True)

    def break_even(self) -> tuple[Estimate, Estimate]:
        """c^2 of the synthetic labels, and the c^2 at which one more of them would change nothing.

        c^2 is E[(x.(w_2 - w_1))^2] of the best linear predictors on real inputs; below break-even the
        first synthetic samples help.
        """
        from simulations.forecast.outlook import break_even, quality

        return interval(quality(self)), interval(break_even(self))

    def mixing_law(self, smoother: Any = None, *, seeds: int = 4) -> MixingLaw:
        """The exact law of mixing two labels of the same rows, at the rows that a fold leaves.

            E(n_2) = a + b n_2 / n + c n_2 (n_2 - 1) / (n (n - 1)),

        of `smoother`, any scikit-learn regressor that is linear in its labels, here ridge regression.
        """
        n = self.n_real - math.ceil(self.n_real / self.folds)
        model = ridge_model(self.training(n, 0).ridge, n) if smoother is None else smoother
        seed = int(self.random_state)
        return mixing_law(self.data_, self.features, model, count=self.folds, seed=seed, seeds=seeds)

    def width_study(self, widths: Sequence[float]) -> "WidthStudy":
        """Errors of models of these widths, with and without the synthetic rows: rows and a verdict.

        A width m is that of m random projections z = S^T x of the features, S_ij ~ N(0, 1/d), the
        paper's model size; of features "relu:M" it is a number of ReLU features in place of M.  Of the
        result, `table()` is a DataFrame, `report()` text and `plot()` a picture.  With ridge="auto"
        lambda grows in proportion to m, so that functions of one size have one penalty at every width.
        Raises ValueError for what is no width.
        """
        from simulations.forecast.width.study import study

        check_is_fitted(self)
        return study(self, widths)

    def table(self) -> pd.DataFrame:
        """Forecasts and, where there are rows enough, measurements: a row a training."""
        from simulations.forecast.rows import COLUMNS, table

        return pd.DataFrame(table(self), columns=COLUMNS)

    def report(self) -> str:
        """The verdict, as text for a screen."""
        from simulations.forecast.report import as_text
        from simulations.forecast.rows import table
        from simulations.forecast.verdict import trust, verdict

        numbers = verdict(self)
        weight = number(numbers, "best_weight") if self.n_synthetic else None
        return as_text(numbers | trust(table(self, weight)))

    def plot(self, axes: Any = None) -> Any:
        """Error against real rows, alone and with synthetic ones; the axes."""
        from simulations.forecast.picture import plot

        return plot(self.table().to_dict("records"), axes)
