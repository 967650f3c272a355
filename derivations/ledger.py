"""The equation ledger: where each equation of the paper is computed, derived, tested and drawn."""

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from workbench.definitions import source
from workbench.files import write_text

ROWS = Path(__file__).with_name("ledger.toml")
TABLE = Path(__file__).with_name("LEDGER.md")
INTRODUCTION = """Each row is one equation: the function that computes it, the proof that derives it
from random matrices, the test that holds it, and a figure that shows it. Rows marked "ours" are not in
the paper."""
NOTE = "Written by `python -m derivations --ledger` from `derivations/ledger.toml`."


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
    """The ledger as a Markdown table of names."""
    return _table(lambda row: tuple(f"`{name}`" if name else "" for name in _names(row)))


def linked(root: str = "..") -> str:
    """The ledger as a Markdown table of links, from a page whose path to the repository is `root`."""
    return _table(
        lambda row: tuple(f"[{text}]({root}/{path})" if text else "" for text, path in _links(row))
    )


def _names(row: Row) -> tuple[str, ...]:
    return row.function, row.derivation, row.test, row.figure


def _links(row: Row) -> Iterator[tuple[str, str]]:
    """What a reader sees of function, proof, test and figure, and the paths that they lead to."""
    yield f"`{row.function.rpartition('.')[2]}`" if row.function else "", source(row.function)
    yield row.derivation, f"docs/proofs/{row.derivation}.md"
    file, _, test = row.test.partition("::")
    yield test.removeprefix("test_").replace("_", " "), f"{file}#{test}"
    figure = Path(row.figure)
    # Pictures of the gallery have a heading there; the one that a derivation draws has none.
    gallery = f"{figure.parent.as_posix()}/README.md#{figure.stem}"
    yield figure.stem, gallery if figure.suffix == ".png" else row.figure


def _table(cells_of: Callable[[Row], tuple[str, ...]]) -> str:
    columns = ["proof" if field.name == "derivation" else field.name for field in fields(Row)]
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    for row in rows():
        cells = [row.equation, row.statement, *(cell or "not yet" for cell in cells_of(row))]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def page() -> str:
    """The text of LEDGER.md."""
    return f"# Equation ledger\n\n{INTRODUCTION}\n\n{NOTE}\n\n{linked()}"


def write() -> None:
    """Write LEDGER.md."""
    write_text(TABLE, page())
