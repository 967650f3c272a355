"""The equation ledger: where each equation of the paper is computed, derived, tested and drawn."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from workbench.files import write_text

ROWS = Path(__file__).with_name("ledger.toml")
TABLE = Path(__file__).with_name("LEDGER.md")
NOTE = "Made from `derivations/ledger.toml` by `python -m derivations --ledger`."


@dataclass(frozen=True)
class Row:
    """An equation of the paper and the names that stand for it; an empty one does not exist yet."""

    equation: str
    statement: str
    function: str = ""
    derivation: str = ""
    test: str = ""  # file::function
    figure: str = ""


def rows() -> list[Row]:
    """The rows of the committed ledger."""
    return [Row(**row) for row in tomllib.loads(ROWS.read_text(encoding="utf-8"))["row"]]


def markdown() -> str:
    """The ledger as a Markdown table."""
    columns = [field.name for field in fields(Row)]
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    for row in rows():
        names = (row.function, row.derivation, row.test, row.figure)
        cells = [row.equation, row.statement, *(f"`{name}`" if name else "not yet" for name in names)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def page() -> str:
    """The text of LEDGER.md."""
    return f"# Equation ledger\n\n{NOTE}\n\n{markdown()}"


def write() -> None:
    """Write LEDGER.md."""
    write_text(TABLE, page())
