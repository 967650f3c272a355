"""docs/STATEMENTS.md: all statements in one table."""

from pathlib import Path

from docs.statements import generations, groups, paper, students, training, transfer
from docs.statements.statement import Statement
from workbench.files import write_text

PAGE = Path(__file__).parents[1] / "STATEMENTS.md"
INTRODUCTION = """\
# Published statements, confirmed or corrected

Made by `python -m docs.statements`, which computes every number in the column "here". The notation is that of the README: source 1
is real and source 2 synthetic, c² is the quality of synthetic labels, σ² the variance of label noise, p₂ the share of synthetic samples, n
the samples, d the features, m the width, λ the ridge; errors are excess risks. A test holds each row.
"""


def statements() -> list[Statement]:
    """All rows, in the order of the page."""
    topics = (paper, transfer, training, generations, students, groups)
    return [statement for topic in topics for statement in topic.STATEMENTS]


def table(rows: list[Statement]) -> str:
    """The rows as a Markdown table."""
    lines = ["| source | statement | verdict | here | test |", "|---|---|---|---|---|"]
    for row in rows:
        cells = (row.source, row.claim, f"**{row.verdict.value}**", row.sentence(), f"`{row.test}`")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def page() -> str:
    """The text of docs/STATEMENTS.md."""
    return f"{INTRODUCTION}\n{table(statements())}"


def write() -> None:
    """Write docs/STATEMENTS.md."""
    write_text(PAGE, page())
