"""The results table: a CSV file that grows by whole rows, survives a kill and is resumed from."""

import csv
import io
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from simulations.folder import alone

Row = dict[str, str]

WORDS = ("status",)  # results that are no numbers


def atomic_write(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` make a temporary file beside `path`, then put it there in one step.

    Raises OSError, naming `path`, if that cannot be; then nothing has changed.
    """
    partial = path.with_name(f".{path.stem}.partial{path.suffix}")
    with _naming(path):
        try:
            write(partial)
            os.replace(partial, path)
        except OSError:
            partial.unlink(missing_ok=True)  # of a full disk
            raise


class Table:
    """Rows of text under fixed columns, identified by their values in `identity`.

    What else they hold are numbers, but for `WORDS`.  Of rows with the same identity the last one
    counts.  Raises ValueError if the file exists and is not such a table.
    """

    def __init__(self, path: Path, columns: list[str], identity: list[str]):
        self.path, self.columns, self.identity = path, columns, identity
        self.rows: dict[tuple[str, ...], Row] = {}
        content = path.read_bytes() if path.exists() else b""
        header = self._text([], header=True).encode()
        if content != header and header.startswith(content):
            self._rewrite([])
        else:
            self._read(content)

    def get(self, row: Row) -> Row:
        """The row on file with the identity of `row`, empty if there is none."""
        return self.rows.get(self._key(row), {})

    def append(self, row: Row) -> None:
        """Add a finished row, on disk before this returns.

        Raises OSError, naming the file, if it cannot be written; then nothing has changed.
        """
        rest = memoryview(self._text([row]).encode())
        with _naming(self.path), open(self.path, "ab", buffering=0) as file:
            before = file.tell()
            try:
                while rest:  # a disk that is nearly full takes a part
                    rest = rest[file.write(rest) :]
                os.fsync(file.fileno())
            except OSError:
                file.truncate(before)
                raise
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
        content = self._text(rows, header=True).encode()

        def write(path: Path) -> None:
            with open(path, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())

        atomic_write(self.path, write)

    def _read(self, content: bytes) -> None:
        # A kill can leave the last line without its end; everything before it is whole.
        whole = content[: content.rfind(b"\n") + 1]
        lines = whole.split(b"\n")[:-1]
        if not lines or _cells(lines[0]) != self.columns:
            raise ValueError(f"{self.path}: not a table of this program; choose another --out")
        for number, line in enumerate(lines[1:], start=2):
            cells = _cells(line)
            if cells == []:
                continue
            row = dict(zip(self.columns, cells or [], strict=False))
            if cells is None or len(cells) != len(self.columns) or not self._numeric(row):
                raise ValueError(f"{self.path}, line {number}: not a row of this table; remove it")
            self.rows[self._key(row)] = row
        if len(whole) < len(content):
            os.truncate(self.path, len(whole))

    def _numeric(self, row: Row) -> bool:
        """Whether the results are numbers, or empty."""
        try:
            for name in self.columns:
                if row[name] and name not in self.identity and name not in WORDS:
                    float(row[name])
        except ValueError:
            return False
        return True


def open_table(
    held: ExitStack, folder: Path, name: str, columns: list[str], identity: list[str]
) -> Table:
    """The table of this name in a folder, both made if they are not there.

    Until `held` is closed no other process can open a table of the folder.  Raises ValueError, naming
    the command line's --out or the line that is wrong, if that cannot be.
    """
    held.enter_context(alone(folder))
    try:
        return Table(folder / name, columns, identity)
    except OSError as error:
        raise ValueError(f"out = {folder}: {name}: {error.strerror}") from None


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Failures name this file: those of matplotlib name none, others the temporary one."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error


def _cells(line: bytes) -> list[str] | None:
    """The cells of one line of CSV, None if it is damaged."""
    try:
        (cells,) = csv.reader([line.decode()], strict=True) if line.strip() else ([],)
    except (csv.Error, ValueError):
        return None
    return cells


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
