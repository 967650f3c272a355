"""Seeds chosen by the precision that they give."""

import re

import pytest

from simulations.sweep.__main__ import main
from workbench.records import numbers, read_csv

SMALL = ["--d", "60", "--n", "120,6000", "--synthetic-fraction", "0,0.5"]


def test_standard_errors_are_what_was_asked_for(tmp_path, capsys):
    asked = [*SMALL, "--precision", "0.003", "--measure", "assigned"]
    assert main([*asked, "--out", str(tmp_path)]) == 0
    rows = read_csv(tmp_path / "sweep.csv")
    largest = max(numbers(rows, "stderr_total") / numbers(rows, "predicted_total"))
    seeds = rows[0]["seeds"]
    # A standard deviation of so many numbers is known to 1 / sqrt(2 seeds) of itself, its theory to 1/d.
    assert abs(largest / 0.003 - 1) < 4 / (2 * seeds) ** 0.5 + 6 / 60
    ratio = re.search(r"on average they are ([\d.]+) of what theory expects", capsys.readouterr().out)
    assert float(ratio[1]) == pytest.approx(1, abs=4 / (2 * seeds) ** 0.5 + 6 / 60)


def test_the_mean_over_which_rows_are_synthetic_is_more_precise(tmp_path):
    assert main([*SMALL, "--precision", "0.01", "--out", str(tmp_path)]) == 0
    for row in read_csv(tmp_path / "sweep.csv"):
        noise = 4 / (2 * row["seeds"]) ** 0.5 + 6 / 60
        assert row["stderr_total"] / row["predicted_total"] < 0.01 * (1 + noise)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--precision", "0"], "precision = 0: expected a number between 0 and 1, as 0.005"),
        (["--precision", "0.1", "--n", "60", "--ridge", "0"], "neither 0 nor infinite"),
        (["--precision", "1e-6"], "precision = 1e-06: expected one that takes no"),
        (
            ["--precision", "0.1", "--width", "20"],
            "expected the averaged error of Gaussian features without",
        ),
        (["--precision", "0.1", "--features", "laplace"], "give seeds in its place"),
        (["--precision", "0.1", "--seeds", "9"], "seeds = 9: expected none beside a precision"),
    ],
)
def test_what_is_not_known_beforehand_is_one_line(arguments, message, tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([*SMALL, *arguments, "--out", str(tmp_path)])
    assert stopped.value.code == 2
    shown = capsys.readouterr().err
    assert message in shown
    assert shown.count("\n") == 1
