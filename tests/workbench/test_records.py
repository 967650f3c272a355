"""Rows in files: exactly what was asked for, and back to the last bit."""

import math

import numpy as np
import pytest

from workbench.records import as_text, as_value, grouped, numbers, read_csv, write_table

ROWS = [
    {"name": "a, b", "n": 3, "x": 0.1, "width": None, "clean": True},
    {"name": 'c "d"', "n": 4, "x": 1e-300, "width": 7, "clean": False, "late": 2.0},
]
COLUMNS = ["name", "n", "x", "width", "clean", "late"]


def test_csv_and_back(tmp_path):
    write_table(tmp_path, "table", COLUMNS, ROWS)
    assert read_csv(tmp_path / "table.csv") == ROWS
    text = (tmp_path / "table.csv").read_text().splitlines()
    assert text == [",".join(COLUMNS), '"a, b",3,0.1,none,True,', '"c ""d""",4,1e-300,7,False,2.0']


@pytest.mark.parametrize(
    "value", [0, -3, 1.5, math.inf, 5e-324, 2.0, None, True, "ok", "1 of 2", 10**20]
)
def test_values(value):
    assert as_value(as_text(value)) == value
    assert type(as_value(as_text(value))) is type(value)


@pytest.mark.parametrize("code", ["123456789012", "1234567e9012", "none"])
def test_a_fingerprint_stays_text(tmp_path, code):
    write_table(tmp_path, "table", ["n", "code"], [{"n": 1, "code": code}])
    assert read_csv(tmp_path / "table.csv") == [{"n": 1, "code": code}]


def test_numpy_numbers_are_written_as_numbers():
    assert as_text(np.float64(0.1)) == "0.1"
    assert as_text(np.int64(3)) == "3"


def test_parquet_beside_it(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is an extra")
    rows = [*ROWS, {"name": "e", "n": 2.5, "width": "wide"}]
    assert [path.suffix for path in write_table(tmp_path, "table", COLUMNS, rows)] == [
        ".csv",
        ".parquet",
    ]
    table = parquet.read_table(tmp_path / "table.parquet").to_pydict()
    assert table["n"] == [3.0, 4.0, 2.5]
    assert table["width"] == [None, "7", "wide"]
    assert table["x"] == [0.1, 1e-300, None]


def test_without_pyarrow_there_is_the_csv(tmp_path, monkeypatch):
    monkeypatch.setattr("workbench.records.find_spec", lambda name: None)
    assert [path.name for path in write_table(tmp_path, "t", ["n"], [{"n": 1}])] == ["t.csv"]


def test_columns_and_groups():
    np.testing.assert_array_equal(numbers(ROWS, "late"), [np.nan, 2])
    np.testing.assert_array_equal(numbers(ROWS, "width"), [np.nan, 7])
    assert grouped([{"a": 1, "b": 2}, {"a": 2, "b": 2}, {"a": 1, "b": 3}], "a") == [
        [{"a": 1, "b": 2}, {"a": 1, "b": 3}],
        [{"a": 2, "b": 2}],
    ]
