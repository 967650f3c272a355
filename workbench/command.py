"""What the command lines of this project share."""

import argparse
from collections.abc import Iterable
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from workbench.parsing import KEPT, Parser, extra, one_sentence

__all__ = [
    "FORMATS",
    "KEPT",
    "Parser",
    "choices",
    "extra",
    "formats",
    "number_table",
    "one_sentence",
    "print_failures",
    "share_bar",
    "stated",
    "wide_console",
    "within",
]

FORMATS = ("png", "pdf", "svg")


def formats(text: str) -> list[str]:
    """Picture formats from a comma-separated list.  Raises ValueError for an unknown one."""
    return choices("format", text, FORMATS)


def choices(name: str, text: str, known: Iterable[str]) -> list[str]:
    """Some of the known words from a comma-separated list.  Raises ValueError for an unknown one."""
    chosen = text.split(",")
    if not set(chosen) <= set(known):
        raise ValueError(f"{name} = {text}: expected a list among {', '.join(known)}")
    return chosen


def stated(options: argparse.Namespace, names: Iterable[str]) -> dict[str, Any]:
    """The options of these names that have a value, for what replaces the fields of a plan."""
    return {name: getattr(options, name) for name in names if getattr(options, name) is not None}


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
