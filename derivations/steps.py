"""What a derivation is made of: steps a person reads, each with the checks that were run on it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Check:
    """One claimed equality and how it fared.

    `values` are the digits found, compared with the committed golden ones; empty for exact checks.
    """

    claim: str
    method: str
    passed: bool
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """Text (Markdown, mathematics between $), displayed equations (LaTeX), checks, maybe a picture."""

    text: str
    equations: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    picture: Callable[[Path], None] | None = None  # draws itself into this file (.svg)
    code: str = ""  # Python shown as it ran


@dataclass(frozen=True)
class Derivation:
    """A named theorem: its statement, and a function that derives it step by step."""

    name: str  # on the command line: theorem-1
    title: str
    statement: str  # Markdown
    steps: Callable[[], Iterator[Step]]
