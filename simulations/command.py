"""What the command lines of this project share."""

import argparse
from collections.abc import Iterable
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


def formats(text: str) -> list[str]:
    """Picture formats from a comma-separated list.  Raises ValueError for an unknown one."""
    return choices("format", text, FORMATS)


def choices(name: str, text: str, known: Iterable[str]) -> list[str]:
    """Some of the known words from a comma-separated list.  Raises ValueError for an unknown one."""
    chosen = text.split(",")
    if not set(chosen) <= set(known):
        raise ValueError(f"{name} = {text}: expected a list among {', '.join(known)}")
    return chosen


def share_bar(width: int) -> Progress:
    """A bar on stderr: the share of a run that is done, beside a name of up to `width` letters."""
    return Progress(
        TextColumn(f"{{task.description:{width}}}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


def number_table(title: str, *columns: str, left: str = "") -> Table:
    """An empty table for the terminal: numbers to the right, the column `left` to the left."""
    made = Table(title=title, box=box.SIMPLE)
    for column in columns:
        made.add_column(column, justify="left" if column == left else "right", no_wrap=True)
    return made


def within(name: str, value: float, low: float, high: float) -> None:
    """Raise ValueError for a number outside [low, high]."""
    if not low <= value <= high:
        raise ValueError(f"{name} = {value:g}: expected between {low:g} and {high:g}")


def wide_console() -> Console:
    """Standard output; where it is no terminal, wide enough for every table."""
    console = Console()
    return console if console.is_terminal else Console(width=120)
