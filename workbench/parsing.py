"""Command lines without any library: what is wrong is one line on stderr, and the exit code says so."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, NoReturn


class Parser(argparse.ArgumentParser):
    """Bad input is one line on stderr and exit code 2."""

    # What the user has typed where that is not `python -m ...`: `collapse-theory sweep`.
    typed: ClassVar[str | None] = None

    def __init__(self, prog: str, **options: Any):
        super().__init__(prog=Parser.typed or prog, **options)

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


PROJECT = "strong-model-collapse"
FOLDERS = ("collapse_command", "collapse_theory", "derivations", "figures", "simulations", "workbench")


@contextmanager
def extra(name: str) -> Iterator[None]:
    """What is imported here may need libraries of an extra: ValueError says how to get them.

    A module of the project that is missing is no library: that error goes on as it is.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] in FOLDERS:
            raise
        raise ValueError(f"{error.name} is not installed: expected `{installing(name)}` first") from None


def installing(name: str) -> str:
    """The command that installs the libraries of an extra, beside a checkout or a wheel alike."""
    return f"pip install '{PROJECT}[{name}]'"
