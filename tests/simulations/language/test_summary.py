"""Points, delays and laws of hand-made rows, and what is printed and drawn of them."""

import csv
import io
import re

import numpy as np
import pytest
from rich.console import Console

from simulations.language.picture import draw
from simulations.language.report import fraction_exponent, print_report
from simulations.language.results import COLUMNS
from simulations.language.summary import curves, error_name, law
from workbench.records import as_value

SIZES = np.array([100, 300, 1000, 3000, 10000, 30000])
NOISE = np.array([-1.0, 0.5, 0.5])  # of three seeds: its standard error is 1/2
ENTROPY = 1.6


def make_rows(n, p2, values, **changes):
    """The rows of one model, one for each seed; `values` are excesses."""
    rows = []
    for seed, value in enumerate(values):
        row = dict.fromkeys(COLUMNS, "none") | {
            "study": "scaling",
            "corpus": "grammar 583 80",
            "width": "64",
            "depth": "1",
            "n": str(n),
            "p2": repr(float(p2)),
            "seed": str(seed),
            "loss": repr(float(ENTROPY + value)),
            "excess": repr(float(value)),
            "train_loss": str(1 + seed),
            "best_step": "50",
            "generator_loss": "",
            "generator_excess": "",
            "valid": "",
            "endless_collapse": "",
        }
        if p2:
            row |= {"generator_stories": "1000", "temperature": "1.0", "top_p": "1.0"}
            row |= {"verified": "False", "author_width": "64", "author_depth": "1"}
            row |= {
                "generator_loss": "1.9",
                "generator_excess": "0.3",
                "valid": "0.5",
                "endless_collapse": "0.2",
            }
        rows.append({name: as_value(text) for name, text in (row | changes).items() if text})
    return rows


def make_curve(p2, error, noise=0.0, sizes=SIZES, **changes):
    """Models of several sizes with the excess `error(n)`."""
    models = [make_rows(n, p2, error(n) * (1 + noise * NOISE), **changes) for n in sizes]
    return [row for model in models for row in model]


def test_means_and_standard_errors():
    rows = make_rows(300, 0, [0.1, 0.2, 0.6]) + make_rows(300, 0.5, [0.3, 0.3, 0.9])
    (clean,), (mixed,) = curves(rows)
    assert (clean.n, clean.fraction, clean.row["seed"]) == (300, 0.0, 0)
    assert clean.error == pytest.approx(0.3)
    assert clean.stderr == pytest.approx(np.std([0.1, 0.2, 0.6], ddof=1) / np.sqrt(3))
    assert (clean.collapse, clean.collapse_stderr) == (0, 0)
    assert np.isnan([clean.quality, clean.valid]).all()
    assert mixed.collapse == pytest.approx(0.2)
    assert mixed.collapse_stderr == pytest.approx(np.std([0.2, 0.1, 0.3], ddof=1) / np.sqrt(3))
    assert (mixed.quality, mixed.valid) == (pytest.approx(0.3), pytest.approx(0.5))
    assert mixed.train_loss == 2
    assert mixed.shape == "64 x 1"
    assert mixed.parameters == (583 + 80) * 64 + 12 * 64**2 + 13 * 64 + 2 * 64


def test_the_collapse_is_counted_from_the_same_seeds_shape_and_size():
    rows = make_curve(0, lambda n: 9 / n, 0.3) + make_curve(0.5, lambda n: 9 / n, 0.3)
    for row in rows:
        if row["p2"]:
            row["excess"] += 0.04
    wide = make_curve(0, lambda n: 1 / n, 0.1, width="128")
    wide += make_curve(0.5, lambda n: 1 / n + 0.5, width="128")
    _, mixed, _, other = curves(rows + wide)
    for point in mixed:
        assert point.collapse == pytest.approx(0.04)
        assert point.collapse_stderr < 1e-12 < point.stderr  # the noise of the seeds cancels
    assert [point.collapse for point in other] == pytest.approx([0.5] * len(SIZES))


def test_curves_are_by_mix_and_generator_and_ordered_by_size():
    def exact(n):
        return 9 / n

    rows = make_curve(0, exact, sizes=SIZES[::-1]) + make_curve(1, exact)
    rows += make_curve(1, exact, verified="True") + make_curve(1, exact, temperature="0.5")
    lines = curves(rows)
    assert [(curve[0].fraction, curve[0].verified) for curve in lines] == [
        (0, False),
        (1, False),
        (1, True),
        (1, False),
    ]
    for curve in lines:
        assert [point.n for point in curve] == SIZES.tolist()


def test_delay_of_a_power_law():
    """A (n/2)^-1 is A n^-1 with twice the stories; the clean curve does not say what 50 would give."""
    rows = make_curve(0, lambda n: 9 / n) + make_curve(0.5, lambda n: 18 / n)
    clean, mixed = curves(rows)
    assert [point.delay for point in clean] == pytest.approx([1] * len(SIZES))
    assert np.isnan(mixed[0].delay)
    assert [point.delay for point in mixed[1:]] == pytest.approx([2] * (len(SIZES) - 1))
    # Nor what more than the largest would, nor is there a logarithm of what is below the entropy.
    _, better = curves(make_curve(0, lambda n: 9 / n) + make_curve(0.5, lambda n: 6 / n))
    assert [np.isnan(point.delay) for point in better] == [False] * (len(SIZES) - 1) + [True]
    _, below = curves(make_curve(0, lambda n: 1 / n - 0.001) + make_curve(0.5, lambda n: 2 / n))
    assert np.isnan([point.delay for point in below]).all()


def test_a_bump_of_the_clean_curve_does_not_count():
    clean = dict(zip(SIZES, [1.0, 0.3, 0.35, 0.1, 0.03, 0.01], strict=True))
    _, mixed = curves(make_curve(0, clean.get) + make_curve(0.5, lambda n: 0.1))
    assert [point.delay for point in mixed] == pytest.approx(list(SIZES / 3000))


def test_the_loss_is_used_where_the_entropy_is_not_known():
    rows = make_rows(300, 0, [0.1, 0.2, 0.6], excess="") + make_rows(300, 1, [0.3, 0.3, 0.9], excess="")
    for row in rows:
        row.pop("generator_excess", None)
    assert error_name(rows) == "loss"
    clean, mixed = (points[0] for points in curves(rows))
    assert clean.error == pytest.approx(ENTROPY + 0.3)
    assert mixed.collapse == pytest.approx(0.2)
    assert mixed.quality == pytest.approx(1.9)
    assert error_name(make_rows(300, 0, [0.1])) == "excess"


def test_the_law_of_exact_points():
    (curve,) = curves(make_curve(0, lambda n: 0.02 + 3 * n**-0.5, 0.01))
    fitted = law(curve)
    assert fitted.exponent.value == pytest.approx(0.5, rel=1e-4)
    assert fitted.floor.value == pytest.approx(0.02, rel=1e-3)
    assert fitted.amplitude.value == pytest.approx(3, rel=1e-3)
    assert fitted.has_plateau
    assert fitted.chi2 < 1e-6


def ends_of(collapse, fractions=(0.01, 0.1, 0.5, 1.0)):
    """The last points of curves with this collapse, whose standard error is a tenth of it."""
    rows = make_rows(3000, 0, np.full(3, 0.1))
    for p in fractions:
        rows += make_rows(3000, p, 0.1 + collapse(p) * (1 + 0.2 * NOISE))
    return [curve[-1] for curve in curves(rows) if curve[0].fraction]


def test_how_collapses_grow_with_the_fraction():
    exponent = fraction_exponent(ends_of(lambda p: 0.3 * p**2))
    assert exponent.value == pytest.approx(2, abs=1e-6)
    assert 0 < exponent.stderr < 0.1
    assert fraction_exponent(ends_of(lambda p: 0.3 * p)).value == pytest.approx(1, abs=1e-6)
    assert fraction_exponent(ends_of(lambda p: 0.3 * p**2, (0.5, 1.0))) is None
    # A collapse that is negative, and one within its noise, do not count.
    assert fraction_exponent(ends_of(lambda p: 0.3 * p**2 - 0.02)) is None
    noisy = ends_of(lambda p: 0.3 * p**2, (0.1, 0.5, 1.0))
    noisy[0] = noisy[0]._replace(collapse_stderr=noisy[0].collapse)
    assert fraction_exponent(noisy) is None


@pytest.mark.parametrize("seeds", [2, 6])
def test_no_collapse_is_seen_as_one_in_twenty_times(seeds):
    (point,) = ends_of(lambda p: p, (0.5,))
    draws = np.random.default_rng(seeds).normal(size=(4000, seeds))
    points = [
        point._replace(seeds=seeds, collapse=one.mean(), collapse_stderr=one.std(ddof=1) / seeds**0.5)
        for one in draws
    ]
    share = np.mean([abs(one.collapse) > one.resolved for one in points])
    assert abs(share - 0.05) < 4 * np.sqrt(0.05 * 0.95 / len(points))


def printed(rows):
    console = Console(file=io.StringIO(), width=200)
    print_report(console, rows)
    return console.file.getvalue()


def fitted_line(text, p2):
    """The line of the table of laws for this p2."""
    lines = text[text.index("laws:") :].splitlines()
    return next(line for line in lines if re.match(rf" *64 x 1 +{p2} ", line))


def test_the_report_resolves_the_plateau_that_is_there():
    rows = make_curve(0, lambda n: 3 * n**-0.5, 0.02)
    rows += make_curve(1, lambda n: 0.1 + 3 * n**-0.5, 0.01)
    text = printed(rows)
    clean, mixed = fitted_line(text, 0), fitted_line(text, 1)
    assert " 0.500 " in clean
    assert "not resolved" in clean
    assert "not resolved" not in mixed
    intervals = [tuple(map(float, pair)) for pair in re.findall(r"(\S+) \.\. (\S+)", mixed)]
    assert len(intervals) == 2
    for (low, high), value in zip(intervals, (0.5, 0.1), strict=True):
        assert 0 < low < value < high
    assert " 0.1000 " in mixed
    assert "50.0%" in text  # of what generators wrote


def test_a_report_of_what_cannot_be_fitted():
    flat = make_curve(0, lambda n: 0.1, 0.01) + make_curve(1, lambda n: 0.1, 0.01)
    assert "do not" in printed(flat)
    alone = make_rows(100, 0, [0.1, 0.2])
    assert "0.1500" in printed(alone)


def test_pictures_of_the_studies_that_have_synthetic_stories(tmp_path):
    sizes = SIZES[:3]
    rows = []
    for study in ("scaling", "filter"):
        rows += make_curve(0, lambda n: 9 / n, 0.1, sizes, study=study)
        rows += make_curve(1, lambda n: 0.1 + 9 / n, 0.1, sizes, study=study)
    rows += make_curve(1, lambda n: 9 / n, 0.1, sizes, study="filter", verified="True")
    rows += make_curve(0, lambda n: 9 / n, 0.1, sizes, study="size")
    paths = draw(rows, tmp_path, ["svg"])
    assert [path.name for path in paths] == ["scaling.svg", "filter.svg"]
    assert all(path.stat().st_size for path in paths)
    with open(tmp_path / "filter.csv") as file:
        drawn = list(csv.DictReader(file))
    errors = [float(row["excess"]) for row in rows if row["study"] == "filter"]
    assert {f"{float(row['x']):g}" for row in drawn} >= {"100", "300", "1000"}
    assert f"{np.mean(errors[:3]):.6g}" in {f"{float(row['y']):.6g}" for row in drawn}
