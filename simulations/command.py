"""What the command lines of this project share."""

import argparse
from typing import NoReturn

from rich.console import Console

FORMATS = ("png", "pdf", "svg")


class Parser(argparse.ArgumentParser):
    """Bad input is one line on stderr and exit code 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def formats(text: str) -> list[str]:
    """Picture formats from a comma-separated list.  Raises ValueError for an unknown one."""
    chosen = text.split(",")
    for suffix in chosen:
        if suffix not in FORMATS:
            raise ValueError(f"format = {text}: expected a list among {', '.join(FORMATS)}")
    return chosen


def wide_console() -> Console:
    """Standard output; where it is no terminal, wide enough for every table."""
    console = Console()
    return console if console.is_terminal else Console(width=120)
