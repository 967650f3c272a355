"""What the command lines of the benchmarks share."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from workbench.command import Parser, number_table, wide_console
from workbench.records import write_table

OUT = "results/benchmarks"
KEPT = "tables of the sections before it are kept"


class Fact(NamedTuple):
    """One measured number."""

    what: str
    size: str
    value: float
    unit: str


def parser_of(module: str, description: str | None, quick: str) -> Parser:
    """A parser that knows --quick, which does what the words `quick` say."""
    parser = Parser(prog=f"python -m {module}", description=description, allow_abbrev=False)
    parser.add_argument("--quick", action="store_true", help=quick)
    return parser


def print_facts(title: str, facts: Sequence[Fact]) -> None:
    """Print facts, a line each."""
    table = number_table(title, *Fact._fields, left=["what", "size", "unit"])
    for fact in facts:
        table.add_row(fact.what, fact.size, f"{fact.value:.4g}", fact.unit)
    wide_console().print(table)


def write_facts(folder: Path, name: str, facts: Sequence[Fact], **labels: str) -> None:
    """Write facts as a table, with `labels` as its first columns."""
    rows = [labels | fact._asdict() for fact in facts]
    write_table(folder, name, [*labels, *Fact._fields], rows)
