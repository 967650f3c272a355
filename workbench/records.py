"""Rows of results: numbers and words in memory, text in CSV files only."""

import csv
import io
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from workbench.files import atomic_write, write_text

Value = (
    bool | int | float | str | None
)  # None: there is no such thing, as the width of a classical model
Record = dict[str, Value]  # a column that a row lacks was not measured

NONE = "none"
TEXT = ("code",)  # columns of words, though some of them look like numbers


def as_text(value: Any) -> str:
    """A value as a file holds it: numbers so that they read back exactly."""
    if value is None:
        return NONE
    return repr(float(value)) if isinstance(value, float) else str(value)


def as_value(text: str) -> Value:
    """What `as_text` wrote."""
    if text in ("True", "False"):
        return text == "True"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return None if text == NONE else text


def as_csv(columns: Sequence[str], rows: Iterable[Record]) -> str:
    """Rows as CSV text; what was not measured is empty."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(as_text(row[name]) if name in row else "" for name in columns)
    return buffer.getvalue()


def read_csv(path: Path) -> list[Record]:
    """The rows of a CSV file that `write_table` made."""
    with open(path, newline="", encoding="utf-8") as file:
        lines = csv.DictReader(file)
        return [
            {name: text if name in TEXT else as_value(text) for name, text in line.items() if text}
            for line in lines
        ]


def write_table(folder: Path, name: str, columns: Sequence[str], rows: Sequence[Record]) -> list[Path]:
    """Write exactly these rows as `name`.csv and, where pyarrow is installed, `name`.parquet."""
    paths = [folder / f"{name}.csv"]
    write_text(paths[0], as_csv(columns, rows))
    if find_spec("pyarrow"):
        paths.append(folder / f"{name}.parquet")
        atomic_write(paths[1], lambda partial: _write_parquet(partial, columns, rows))
    return paths


def _write_parquet(path: Path, columns: Sequence[str], rows: Sequence[Record]) -> None:
    import pyarrow  # an extra
    import pyarrow.parquet

    table = {name: _one_type([row.get(name) for row in rows]) for name in columns}
    pyarrow.parquet.write_table(pyarrow.table(table), path)


def _one_type(values: list[Value]) -> list[Value]:
    """A column of one type: words where there are any, else floats where there are any."""
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) < 2:
        return values
    widest = str if str in kinds else float
    return [
        None if value is None else as_text(value) if widest is str else float(value) for value in values
    ]


def grouped(rows: Iterable[Record], *names: str) -> list[list[Record]]:
    """Rows that share these columns, in the order of their first ones."""
    groups: dict[tuple[Value, ...], list[Record]] = {}
    for row in rows:
        groups.setdefault(tuple(row.get(name) for name in names), []).append(row)
    return list(groups.values())


def number(row: Record, name: str) -> float:
    """A cell as a number, NaN where there is none."""
    value = row.get(name)
    return np.nan if value is None else float(value)


def numbers(rows: Iterable[Record], name: str) -> np.ndarray:
    """A column as numbers, NaN where there is none."""
    return np.array([number(row, name) for row in rows])
