"""The store of an output folder: what was asked and answered, in one SQLite file."""

import errno
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from workbench.files import make_folder

FILE = "results.sqlite"
# SQLite keeps these two numbers in the file: whose it is, and of which layout.
APPLICATION, LAYOUT = 0x534D4321, 1
FOREIGN = "not the results of this version of the program; choose another --out"
PATIENCE = 60  # seconds to wait while another process writes


class Store:
    """Answers by their questions, both records (or other JSON), in several `kinds`.

    A question is its text, never a hash of it.  Whatever `put` was given together is on disk, whole,
    when it returns; a process can be killed at any moment, and several may use a folder at once.

    Raises ValueError, naming the command line's --out, for a folder that cannot be made or read or that
    holds something else, and OSError, naming the file, when it cannot be written.
    """

    def __init__(self, folder: Path):
        make_folder(folder)
        self.path = folder / FILE
        try:
            self.database = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
        except sqlite3.Error as error:
            raise ValueError(f"out = {folder}: {FILE}: {error}") from None
        reason = self._prepare()
        if reason:
            self.close()
            raise ValueError(f"out = {folder}: {FILE}: {reason}")

    def get(self, kind: str, question: Any) -> Any:
        """The answer on file, None if there is none."""
        with self._naming():
            select = "SELECT answer FROM answers WHERE kind = ? AND question = ?"
            row = self.database.execute(select, (kind, as_question(question))).fetchone()
        return None if row is None else json.loads(row[0])

    def put(self, kind: str, pairs: Iterable[tuple[Any, Any]]) -> None:
        """Keep answers to questions, all of them or, if it fails, none."""
        rows = [(kind, as_question(question), _as_json(answer)) for question, answer in pairs]
        with self._naming(), self.database:
            self.database.execute("BEGIN IMMEDIATE")
            self.database.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", rows)

    def close(self) -> None:
        """Let go of the file."""
        self.database.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _prepare(self) -> str:
        """Make the tables of a new file; why that or an old one cannot be used, if so."""
        try:
            identity = self._identity()
            if not any(identity):
                self._create()
                return ""
        except sqlite3.OperationalError as error:
            return str(error)
        except sqlite3.DatabaseError:
            return FOREIGN
        return "" if identity[:2] == (APPLICATION, LAYOUT) else FOREIGN

    def _identity(self) -> tuple[int, int, int]:
        """Whose file it is, of which layout, and how many tables it has."""
        asked = ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
        application, layout, tables = (self.database.execute(text).fetchone()[0] for text in asked)
        return application, layout, tables

    def _create(self) -> None:
        with self.database:
            self.database.execute("BEGIN IMMEDIATE")
            self.database.execute(
                "CREATE TABLE IF NOT EXISTS answers (kind TEXT NOT NULL, question TEXT NOT NULL, "
                "answer TEXT NOT NULL, PRIMARY KEY (kind, question)) WITHOUT ROWID"
            )
            self.database.execute(f"PRAGMA application_id = {APPLICATION}")
            self.database.execute(f"PRAGMA user_version = {LAYOUT}")

    @contextmanager
    def _naming(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise OSError(errno.EIO, str(error), str(self.path)) from error


def refuse_older(folder: Path, table: str) -> None:
    """Raise ValueError for a folder with a table, but no store: results of an older version."""
    if (folder / f"{table}.csv").exists() and not (folder / FILE).exists():
        expected = "of an older version of this program, or of another; choose another --out"
        raise ValueError(f"out = {folder}: {table}.csv is there without {FILE}: {expected}")


def as_question(content: Any) -> str:
    """The text that identifies a question: JSON with sorted names, numbers to their last digit."""
    return json.dumps(content, sort_keys=True, default=_plain)


def _as_json(content: Any) -> str:
    return json.dumps(content, default=_plain)


def _plain(value: Any) -> Any:
    """NumPy's numbers and arrays as Python's."""
    return value.tolist()
