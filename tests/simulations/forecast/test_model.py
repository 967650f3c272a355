"""`Forecast`: scikit-learn's conventions, what follows from forecasts, no leaks."""

import math

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.kernel_ridge import KernelRidge

from simulations.forecast.data import make_data
from simulations.forecast.estimate import Training
from simulations.forecast.model import Forecast
from simulations.forecast.trials import measure
from tests.simulations.forecast.made import NOISES, SIGNALS, D, draw

RANDOM = np.random.default_rng(1)
REAL, SYNTHETIC = draw(RANDOM, 60, 0), draw(RANDOM, 60, 1)


@pytest.fixture(scope="module")
def forecast():
    return Forecast().fit(REAL[0], REAL[1][:, 0], SYNTHETIC[0], SYNTHETIC[1][:, 0])


def test_conventions():
    model = Forecast(ridge=[0.1, 1.0], random_state=3)
    assert clone(model).get_params() == model.get_params()
    assert model.set_params(folds=3).folds == 3
    with pytest.raises(NotFittedError):
        model.predict_error(100)
    with pytest.raises(NotFittedError):
        model.table()


def test_arrays_and_frames_are_the_same(forecast):
    frames = [pd.DataFrame(table[0]) for table in (REAL, SYNTHETIC)]
    again = Forecast().fit(frames[0], pd.Series(REAL[1][:, 0]), frames[1], pd.Series(SYNTHETIC[1][:, 0]))
    assert again.predict_error(100, 50) == forecast.predict_error(100, 50)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((-1,), r"n_real = -1: expected a number >= 0"),
        ((math.nan,), r"n_real = nan: expected a number >= 0"),
        ((0,), r"n_real = 0: expected samples of one kind"),
        ((0, 5, 0.0), r"n_real = 0: expected samples of one kind"),
        ((10, "many"), r"n_synthetic = 'many': expected a number"),
        ((10, 10, -0.5), r"weight = -0.5: expected a number >= 0"),
    ],
)
def test_trainings_that_cannot_be(forecast, arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        forecast.predict_error(*arguments)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"ridge": "best"}, r"ridge = 'best': expected auto, or numbers >= 0"),
        ({"ridge": [-1.0]}, r"ridge = \[-1.0\]: expected auto, or numbers >= 0"),
        ({"folds": 1}, r"folds = 1: expected a whole number from 2 to 30"),
        ({"seeds": 0}, r"seeds = 0: expected a whole number >= 1"),
        ({"random_state": -1}, r"random_state = -1: expected a whole number >= 0"),
        ({"ridge": 0.0, "features": "relu:80"}, r"60 rows: expected more rows than the 80 features"),
    ],
)
def test_options_that_cannot_be(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        Forecast(**options).fit(REAL[0], REAL[1][:, 0])


def test_what_the_rows_do_not_tell_is_not_a_number():
    """60 rows of 80 features say nothing about interpolation by 1,000."""
    few = Forecast(features="relu:80", ridge=1e-6).fit(REAL[0], REAL[1][:, 0])
    assert math.isnan(few.predict_error(1000).value)
    assert few.predict_error(1000, ridge=1.0).low > 0


def test_no_synthetic_data(forecast):
    alone = Forecast().fit(REAL[0], REAL[1][:, 0])
    with pytest.raises(ValueError, match="n_synthetic = 5: expected 0, as there are no synthetic data"):
        alone.predict_error(10, 5)
    same = forecast.predict_error(200, ridge=0.1)
    assert alone.predict_error(200, ridge=0.1).value == pytest.approx(same.value, rel=1e-6)


def test_weight_zero_leaves_synthetic_rows_out(forecast):
    """But for the loss's 1 / n."""
    without = forecast.predict_error(50, 0, ridge=0.2)
    zero = forecast.predict_error(50, 150, 0.0, ridge=0.05)
    assert zero.value == pytest.approx(without.value, rel=1e-6)


def test_c2_and_break_even_of_known_signals():
    """Real and synthetic rows of the same inputs: c^2 = |Sigma^1/2 delta|^2."""
    random = np.random.default_rng(2)
    delta = SIGNALS[1] - SIGNALS[0]
    n, m = 3000, 6000
    x, y = draw(random, n, 0)
    other, _ = draw(random, m, 0)
    labels = other @ SIGNALS[1] + NOISES[0] * random.normal(size=m)
    model = Forecast(features="embedding", ridge=1e-3).fit(x, y[:, 0], other, labels)
    c2, even = model.break_even()
    truth = float(np.mean((draw(random, 100_000, 0)[0] @ delta) ** 2))
    assert abs(c2.value - truth) < 4 * c2.stderr + truth * D / n
    assert c2.stderr < truth / 3
    # Little ridge: the first sample helps while c^2 is below the error of prediction, noise included.
    now = model.predict_error(n).value
    assert abs(even.value - now) < 4 * even.stderr + now * D / n
    assert even.stderr < now / 10


def test_best_weight_is_the_least_of_its_errors(forecast):
    weight, best = forecast.best_weight(60, 60)
    errors = [forecast.predict_error(60, 60, w).value for w in (0.01, 0.1, 1.0)]
    assert best.value <= min([*errors, forecast.predict_error(60).value]) + 1e-12
    assert weight >= 0


def test_labels_of_nothing_are_not_predicted():
    """With more features than rows a model that had seen its test rows would have no error there."""
    random = np.random.default_rng(3)
    real, synthetic = ((random.normal(size=(80, 150)), random.normal(size=80)) for _ in range(2))
    data = make_data(*real, *synthetic)
    results = measure(data, "raw", [Training(64, 0, 1e-3), Training(64, 80, 1e-3)], 5, 0)
    for result in results:
        assert result.error > data.real.labels.var()


def test_rows_tested_on_change_nothing_that_was_trained():
    """Labels of held-out rows do not reach the model: with others, predictions stay as they were."""
    random = np.random.default_rng(4)
    x, y = draw(random, 40, 0)
    seen = []
    for shift in (0.0, 100.0):
        test = (x[:20], y[:20, 0] + shift)
        data = make_data(x[20:], y[20:, 0], None, None, *test)
        (result,) = measure(data, "raw", [Training(10, 0, 0.1)], 2, 0)
        seen.append(result.error)
    # E(y + 100 - f)^2 - E(y - f)^2 = 100^2 + 200 E(y - f): the same f for both.
    residual = (seen[1] - seen[0] - 100.0**2) / 200
    assert abs(residual) < 1.5


def test_mixing_law_of_any_smoother():
    """A kernel smoother's errors follow the law at mixes that it was not taken from."""
    random = np.random.default_rng(5)
    x, y = draw(random, 100, 0)
    second = (x @ SIGNALS[1])[:, None] + 0.1
    model = Forecast(features="embedding").fit(x, y[:, 0], y_synthetic=second[:, 0])
    smoother = KernelRidge(alpha=1.0, kernel="rbf", gamma=0.05)
    law = model.mixing_law(smoother, seeds=2)
    assert law.n == 80
    quarter, stderr = (float(value[0]) for value in law(np.array([20])))
    trainings = []
    for draw_number in range(40):
        order = np.random.default_rng([6, draw_number]).permutation(100)
        pool, test = order[:80], order[80:]
        labels = np.where(np.arange(80)[:, None] < 20, second[pool], y[pool])
        trained = clone(smoother).fit(x[pool], labels)
        trainings.append(np.mean((y[test] - trained.predict(x[test])) ** 2))
    # The same rows: what both share is not in the standard errors, which are upper bounds here.
    assert abs(np.mean(trainings) - quarter) < 4 * np.hypot(stderr, np.std(trainings) / np.sqrt(40))
    with pytest.raises(ValueError, match="expected two labels for each row"):
        Forecast().fit(x, y[:, 0]).mixing_law()
