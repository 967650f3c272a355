"""`python -m simulations.forecast`: files in, verdict, table and picture out; resumed; refused."""

import json
import sqlite3

import numpy as np
import pandas as pd
import pytest

from simulations.forecast.__main__ import main
from simulations.forecast.rows import COLUMNS
from tests.simulations.forecast.made import draw


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    random = np.random.default_rng(0)
    for k, name in enumerate(("real", "synthetic")):
        x, y = draw(random, 60, k)
        frame = pd.DataFrame(x[:, :4], columns=list("abcd")).assign(y=y[:, 0])
        frame.to_csv(folder / f"{name}.csv", index=False)
    frame[["y"]].to_csv(folder / "labels.csv", index=False)
    return folder


def run(*arguments):
    return main([*map(str, arguments), "--quick", "--format", "png"])


def test_verdict_table_and_picture(files, tmp_path, capsys):
    out = tmp_path / "out"
    asked = (files / "real.csv", files / "synthetic.csv", "--target", "y", "--out", out)
    assert run(*asked) == 0
    shown = capsys.readouterr().out
    for words in ("test error now (60 real rows)", "break-even", "plateau", "How far to trust this"):
        assert words in shown
    table = pd.read_csv(out / "forecast.csv")
    assert list(table.columns) == COLUMNS
    measured = table.dropna(subset="measured")
    assert len(measured) >= 6
    assert ((table.low <= table.predicted) & (table.predicted <= table.high))[table.low.notna()].all()
    stated = (measured.high - measured.low) / (2 * 1.645)
    z = (measured.measured - measured.predicted) / np.hypot(measured.measured_stderr, stated)
    assert abs(z).max() < 4
    verdict = json.loads((out / "forecast.json").read_text())
    assert verdict["n_real"] == verdict["n_synthetic"] == 60
    assert verdict["error_now_low"] < verdict["error_now"] < verdict["error_now_high"]
    assert (out / "forecast.png").stat().st_size > 10_000
    # Again: nothing is computed, and the table is the same.
    before = (out / "forecast.csv").read_bytes()
    assert run(*asked) == 0
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["rows_reused"] == manifest["rows"] + 1
    assert (out / "forecast.csv").read_bytes() == before
    # What is lost is computed again, and only that.
    with sqlite3.connect(out / "results.sqlite") as database:
        gone = "DELETE FROM answers WHERE kind = 'row' AND question LIKE '%\"part\": \"trial\"%'"
        assert database.execute(gone).rowcount == len(measured)
    database.close()
    assert run(*asked) == 0
    assert (out / "forecast.csv").read_bytes() == before
    # A width study comes on top; what the forecast says without it stays.
    assert run(*asked, "--width", "1,3") == 0
    assert "How far to trust this" in capsys.readouterr().out
    assert (out / "forecast.csv").read_bytes() == before
    widths = pd.read_csv(out / "forecast.width.csv")
    assert list(widths.width) == [1] * 4 + [3] * 4
    assert (out / "forecast.width.png").stat().st_size > 10_000
    both = json.loads((out / "forecast.json").read_text())
    study = both.pop("width")
    assert both == verdict
    assert study["widths"] == "1,3"
    assert study["about_peak"] == "no peak among these widths"


def test_other_labels_of_the_same_rows(files, tmp_path, capsys):
    asked = (files / "real.csv", "--label-model", files / "labels.csv", "--target", "y")
    assert run(*asked, "--ridge", "0.1,1", "--out", tmp_path / "out") == 0
    assert "law of mixing" in capsys.readouterr().out
    table = pd.read_csv(tmp_path / "out" / "forecast.csv")
    assert set(table.ridge) == {0.1, 1.0}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["{}/none.csv", "--target", "y"], "none.csv: expected a file that can be read"),
        (["{}/real.csv"], "--target = nothing: expected the name of the target's column"),
        (["{}/real.csv", "--target", "z"], "target = z: expected a column of"),
        (["--target", "y"], "real = nothing: expected a file of real data"),
        (["{}/real.csv", "--target", "y", "--features", "deep"], "features = 'deep': expected raw"),
        (["{}/real.csv", "--target", "y", "--ridge", "-1"], "ridge"),
        (["{}/real.csv", "--target", "y", "--folds", "1"], "folds = 1: expected a whole number"),
        (["--width", "0"], "width = [0.0]: expected whole numbers from 1 to 4000"),
        (["--width", "3,wide"], "width = 3,wide: expected numbers, a comma-separated list"),
        (["--key", "-1"], "key = -1: expected a whole number"),
        (
            ["{}/real.csv", "{}/real.csv", "--label-model", "{}/labels.csv", "--target", "y"],
            "expected one of",
        ),
    ],
)
def test_bad_input_is_one_line(files, tmp_path, capsys, arguments, sentence):
    with pytest.raises(SystemExit) as stopped:
        run(*(argument.format(files) for argument in arguments), "--out", tmp_path / "out")
    assert stopped.value.code == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert sentence in error
    assert error.startswith("python -m simulations.forecast: ")
