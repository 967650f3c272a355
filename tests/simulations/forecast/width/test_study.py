"""The study: its limits, what ReLU widths are, rows, words, and widths that are none."""

import math

import numpy as np
import pytest

from simulations.forecast.estimate import predicted
from simulations.forecast.model import Forecast
from simulations.forecast.width.sizes import Rows, row_numbers, sized, training
from simulations.forecast.width.study import COLUMNS
from tests.simulations.forecast.made import D, draw

RANDOM = np.random.default_rng(1)
REAL, SYNTHETIC = draw(RANDOM, 60, 0), draw(RANDOM, 60, 1)
TABLES = REAL[0], REAL[1][:, 0], SYNTHETIC[0], SYNTHETIC[1][:, 0]


@pytest.fixture(scope="module")
def forecast():
    return Forecast().fit(*TABLES)


def error(forecast, width, rows):
    """The forecast of one training of this width."""
    model = sized(forecast, width)
    return float(predicted(model.sample, training(forecast, model, rows), replicates=False).real[0])


@pytest.mark.parametrize("synthetic", [0, 60])
def test_large_widths_end_at_the_forecast_without_projections(forecast, synthetic):
    """Since lambda grows in proportion to the width; what is left is of order D / m."""
    rows = Rows(60, synthetic, False)
    limit = forecast.value(forecast.training(60, synthetic))
    gaps = [error(forecast, m, rows) / limit - 1 for m in (400, 4000)]
    assert abs(gaps[1]) < 3 * D / 4000
    assert gaps[0] / gaps[1] == pytest.approx(10, rel=0.1)


def test_widths_of_relu_features_are_numbers_of_them():
    """Other widths change the features, not what they forecast; lambda only where it was chosen here."""
    model = Forecast(features="relu:30", ridge=[0.1, 1.0]).fit(*TABLES)
    other = Forecast(features=f"relu:{D}", ridge=[0.1, 1.0]).fit(*TABLES)
    rows = Rows(60, 60, False)
    assert error(model, D, rows) == other.value(other.training(60, 60))
    assert sized(model, 15).ridge_scale == 1.0
    assert sized(Forecast(features=f"relu:{D}").fit(*TABLES), D // 2).ridge_scale == 0.5


def test_rows_and_words(forecast):
    study = forecast.width_study([10, 2])
    table = study.table()
    assert list(table.columns) == COLUMNS
    assert list(table.width) == [2] * 4 + [10] * 4
    assert set(zip(table.n_real, table.n_synthetic, strict=True)) == {
        (60, 0),
        (48, 0),
        (60, 60),
        (48, 60),
    }
    trained = table.dropna(subset="measured")
    assert set(trained.n_real) == {48}
    stated = (trained.high - trained.low) / (2 * 1.645)
    z = (trained.measured - trained.predicted) / np.hypot(trained.measured_stderr, stated)
    assert abs(z).max() < 4
    assert table.change.notna().sum() == 4
    mixed, alone = (table[(table.n_real == 60) & (table.n_synthetic == k)] for k in (60, 0))
    np.testing.assert_allclose(mixed.change, mixed.predicted.array / alone.predicted.array - 1)
    assert study.verdict["width_trials"] == 4
    report = study.report()
    for words in (
        "With 60 real and 60 synthetic rows",
        "The synthetic rows change the error by",
        "How far to trust this",
    ):
        assert words in report
    assert len(study.plot().panels) == 2
    # The rows are those that any process makes again.
    row = table.iloc[0]
    again = forecast.predict_error(60, ridge=row.ridge, width=2.0)
    assert again.value == row.predicted


def test_rows_with_two_labels_are_dealt_to_both_kinds():
    numbers = row_numbers(50, 50, True, 5)
    assert numbers == [Rows(50, 0, False), Rows(40, 0, True), Rows(50, 50, False), Rows(20, 20, True)]


@pytest.mark.parametrize("widths", [[], [0], [1.5], ["ten"], [5000], [True], [math.nan]])
def test_widths_that_are_none(forecast, widths):
    with pytest.raises(ValueError, match=r"width = .*: expected whole numbers from 1 to 4000"):
        forecast.width_study(widths)
