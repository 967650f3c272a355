"""What the command lines of this project share."""

import argparse
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

FORMATS = ("png", "pdf", "svg")


class Parser(argparse.ArgumentParser):
    """Bad input is one line on stderr and exit code 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {' '.join(message.split())}\n")


KEPT = "what was computed before is kept, and the same command goes on from there"


@contextmanager
def one_sentence(parser: argparse.ArgumentParser, kept: str = KEPT) -> Iterator[None]:
    """What stops a command is one line on stderr.

    Bad input (ValueError) ends it with exit code 2, a file that cannot be written or a cluster that is
    lost (OSError) with 1, the user with 130; the latter two say what is `kept`.
    """
    try:
        yield
    except ValueError as error:
        parser.error(str(error))
    except OSError as error:
        reason = error.strerror or " ".join(str(error).split())
        where = f"{error.filename}: " if error.filename else ""
        parser.exit(1, f"{parser.prog}: {where}{reason}; {kept}\n")
    except KeyboardInterrupt:
        parser.exit(130, f"\n{parser.prog}: interrupted; {kept}\n")


@contextmanager
def extra(name: str) -> Iterator[None]:
    """What is imported here may need libraries of an extra: ValueError says how to get them."""
    try:
        yield
    except ModuleNotFoundError as error:
        expected = f"expected `pip install -e '.[{name}]'` first"
        raise ValueError(f"{error.name} is not installed: {expected}") from None


def formats(text: str) -> list[str]:
    """Picture formats from a comma-separated list.  Raises ValueError for an unknown one."""
    return choices("format", text, FORMATS)


def choices(name: str, text: str, known: Iterable[str]) -> list[str]:
    """Some of the known words from a comma-separated list.  Raises ValueError for an unknown one."""
    chosen = text.split(",")
    if not set(chosen) <= set(known):
        raise ValueError(f"{name} = {text}: expected a list among {', '.join(known)}")
    return chosen


def within(name: str, value: float, low: float, high: float) -> None:
    """Raise ValueError for a number outside [low, high]."""
    if not low <= value <= high:
        raise ValueError(f"{name} = {value:g}: expected between {low:g} and {high:g}")


def share_bar() -> Progress:
    """A bar on stderr: the share of a run that is done, and what it does now."""
    return Progress(
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}", markup=False),
        console=Console(stderr=True),
    )


def number_table(title: str, *columns: str, left: Iterable[str] = ()) -> Table:
    """An empty table for the terminal: numbers to the right, the columns `left` to the left."""
    table = Table(title=title, box=box.SIMPLE)
    for column in columns:
        table.add_column(column, justify="left" if column in left else "right", no_wrap=True)
    return table


def wide_console(width: int = 120) -> Console:
    """Standard output; where it is no terminal, wide enough for every table."""
    console = Console()
    return console if console.is_terminal else Console(width=width)


def print_failures(console: Console, failed: dict[str, str]) -> None:
    """Print why jobs failed, a line each."""
    for name, reason in failed.items():
        console.print(f"FAILED {name}: {reason}", soft_wrap=True, markup=False)
