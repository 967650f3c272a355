"""What a study says of curves whose shape is known."""

import numpy as np
import pytest

from simulations.forecast.width.verdict import Curve, larger, peak, verdict

WIDTHS = [10, 30, 100, 300]


def curve(values, *, synthetic=0, n=100, spread=0.01, seed=0):
    """Replicates about these errors: groups left out move all widths a little, each by itself less."""
    random = np.random.default_rng(seed)
    noise = 1 + spread * random.normal(size=(len(values), 20)) / 20
    return Curve(
        n, synthetic, np.array(values)[:, None] * np.column_stack([np.ones(len(values)), noise])
    )


def judged(alone, mixed):
    """The verdict, from curves of all rows; those of a fold are not told."""
    untold = [np.nan] * len(WIDTHS)
    curves = [curve(alone), curve(untold, n=80)]
    curves += [curve(mixed, synthetic=50), curve(untold, n=80, synthetic=50)]
    return verdict(WIDTHS, curves)


def test_a_larger_model_helps_and_suffers_more():
    record = judged([0.8, 0.5, 0.4, 0.35], [0.81, 0.53, 0.44, 0.40])
    assert (
        "a larger model helps: from an error of 0.81 at m = 10 to 0.4 at m = 300" in record["about_size"]
    )
    assert "100 real and 50 synthetic rows" in record["about_size"]
    assert record["about_synthetic"].endswith("+14.3% (m = 300): worse for the larger model")
    assert record["growth_low"] < 0.40 / 0.35 - 0.81 / 0.8 < record["growth_high"]
    assert record["peak_width"] is None
    assert record["about_peak"] == "no peak among these widths"
    assert record["best_width"] == 300


def test_a_larger_model_hurts_where_synthetic_rows_harm_it():
    record = judged([0.4, 0.4, 0.4, 0.4], [0.4, 0.45, 0.5, 0.6])
    assert (
        "a larger model hurts: from an error of 0.4 at m = 10 to 0.6 at m = 300" in record["about_size"]
    )
    record = judged([0.4, 0.4, 0.4, 0.4], [0.45, 0.41, 0.5, 0.6])
    assert "helps from 0.45 at m = 10 to 0.41 at m = 30, then hurts: 0.6 at m" in record["about_size"]


def test_less_change_for_the_larger_model():
    record = judged([0.8, 0.5, 0.4, 0.35], [0.9, 0.53, 0.42, 0.36])
    assert record["about_synthetic"].endswith("better for the larger model")


def test_a_peak_and_where_it_is():
    record = judged([0.8, 0.5, 0.9, 0.35], [0.8, 0.7, 0.6, 0.5])
    assert record["peak_width_alone"] == 100
    assert record["peak_width"] is None
    assert record["about_peak"] == "interpolation peak of 100 real rows near m = 100"


def test_what_errs_as_much_as_it_differs_is_not_said():
    noisy = curve([0.5, 0.51, 0.5, 0.49], spread=1.0)
    assert peak(noisy) is None
    assert not larger(noisy, 1, 0)
    blurred = [
        noisy,
        curve([np.nan] * 4),
        curve([0.5, 0.52, 0.5, 0.49], synthetic=9, spread=1.0, seed=1),
    ]
    record = verdict(WIDTHS, [*blurred, curve([np.nan] * 4, synthetic=9)])
    assert "makes no difference that these rows tell" in record["about_size"]
    assert record["about_synthetic"].endswith("a difference too small to tell")


def test_a_fold_speaks_where_all_rows_tell_too_little():
    """Where both leave a width out, so does the verdict; of one width there is nothing to say."""
    hidden = [0.8, 0.5, np.nan, 0.3]
    curves = [curve(hidden), curve([0.8, 0.5, 0.9, 0.3], n=80)]
    record = verdict(WIDTHS, curves)
    assert (record["width_n_real"], record["peak_width_alone"]) == (80, 100)
    assert "about_untold" not in record
    assert record["about_peak"] == "interpolation peak of 80 real rows near m = 100"
    record = verdict(WIDTHS, [curve(hidden), curve(hidden, n=80)])
    assert (record["width_n_real"], record["peak_width_alone"]) == (100, None)
    assert record["about_untold"] == "the rows at hand do not tell the errors at m = 100"
    assert record["about_peak"] == "no peak among these widths"
    little = curve([0.8, np.nan, np.nan, np.nan])
    record = verdict(WIDTHS, [little, little])
    assert record["about_size"] == "the rows at hand do not tell how errors change with the width"
    assert "best_width" not in record


@pytest.mark.parametrize("spread", [0.001, 0.2])
def test_replicates_that_move_together_cancel(spread):
    """Two widths 1% apart: told, if what errs is common to both, by however much."""
    common = 1 + spread * np.random.default_rng(2).normal(size=20) / 20
    errors = np.array([0.5, 0.505])[:, None] * np.append(1.0, common)[None]
    assert larger(Curve(10, 0, errors), 1, 0)
