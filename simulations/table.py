"""The results table: a CSV file that grows by whole rows, survives a kill and is resumed from."""

import csv
import io
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

Row = dict[str, str]


def atomic_write(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` make a temporary file beside `path`, then put it there in one step."""
    partial = path.with_name(f".{path.stem}.partial{path.suffix}")
    write(partial)
    os.replace(partial, path)


class Table:
    """Rows of text under fixed columns, identified by their values in `identity`.

    Raises ValueError if the file exists and is not such a table.
    """

    def __init__(self, path: Path, columns: list[str], identity: list[str]):
        self.path, self.columns, self.identity = path, columns, identity
        self.rows: dict[tuple[str, ...], Row] = {}
        if path.exists():
            self._read()
        self._rewrite(list(self.rows.values()))

    def get(self, row: Row) -> Row:
        """The row on file with the identity of `row`, empty if there is none."""
        return self.rows.get(self._key(row), {})

    def append(self, row: Row) -> None:
        """Add a finished row, on disk before this returns."""
        with open(self.path, "ab", buffering=0) as file:
            file.write(self._text([row]).encode())
            os.fsync(file.fileno())
        self.rows[self._key(row)] = row

    def finish(self, order: list[Row]) -> list[Row]:
        """Put these rows first and in this order, and return them; rows of other studies stay."""
        keys = [self._key(row) for row in order]
        others = [row for key, row in self.rows.items() if key not in set(keys)]
        finished = [self.rows[key] for key in keys]
        self._rewrite(finished + others)
        return finished

    def _key(self, row: Row) -> tuple[str, ...]:
        return tuple(row[name] for name in self.identity)

    def _text(self, rows: list[Row], header: bool = False) -> str:
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, self.columns, lineterminator="\n")
        if header:
            writer.writeheader()
        writer.writerows(rows)
        return buffer.getvalue()

    def _rewrite(self, rows: list[Row]) -> None:
        text = self._text(rows, header=True)
        atomic_write(self.path, lambda path: path.write_text(text))

    def _read(self) -> None:
        # A kill can leave the last line without its end; everything before it is whole.
        lines = self.path.read_text(errors="replace").splitlines(keepends=True)
        whole = [line for line in lines if line.endswith("\n")]
        reader = csv.DictReader(whole)
        if lines and reader.fieldnames != self.columns:
            raise ValueError(f"{self.path}: not a table of this program; choose another --out")
        for number, row in enumerate(reader, start=2):
            if None in row or None in row.values():
                raise ValueError(f"{self.path}, line {number}: not a row of this table; remove it")
            self.rows[self._key(row)] = row


def open_table(folder: Path, name: str, columns: list[str], identity: list[str]) -> Table:
    """The table of this name in a folder, both made if they are not there.

    Raises ValueError, naming the command line's --out, if that cannot be.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return Table(folder / name, columns, identity)
    except OSError as error:
        raise ValueError(f"out = {folder}: {error.strerror}") from None


def as_text(value: Any) -> str:
    """A value as the table holds it: numbers so that they read back exactly."""
    if value is None:
        return "none"
    return repr(float(value)) if isinstance(value, float) else str(value)


def grouped(rows: Iterable[Row], *names: str) -> list[list[Row]]:
    """Rows that share these columns, in the order of their first ones."""
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in names), []).append(row)
    return list(found.values())


def numbers(rows: list[Row], name: str) -> np.ndarray:
    """A column as numbers, NaN where it is empty."""
    return np.array([float(row[name] or "nan") for row in rows])
