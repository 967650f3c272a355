"""docs/STATEMENTS.md: all statements in one table."""

from pathlib import Path

from docs.statements import generations, groups, paper, students, training, transfer, verification
from docs.statements.statement import Statement
from workbench.files import write_text

PAGE = Path(__file__).parents[1] / "STATEMENTS.md"
INTRODUCTION = """\
# Published statements, confirmed or corrected

Each row sets a published statement beside the numbers of this project and links to the test that holds it. In the
[notation](notation.md) of this project source 1 is real and source 2 synthetic, c² is the error of the synthetic labels, σ² the variance of
the label noise, p₂ the share of synthetic samples, n the number of samples, d of features, m the width and λ the ridge; errors are excess
risks. Written by `python -m docs.statements`, which computes every number in the column "this project".
"""


def statements() -> list[Statement]:
    """All rows, in the order of the page."""
    topics = (paper, transfer, training, generations, students, groups, verification)
    return [statement for topic in topics for statement in topic.STATEMENTS]


def table(rows: list[Statement]) -> str:
    """The rows as a Markdown table."""
    lines = ["| source | statement | verdict | this project | test |", "|---|---|---|---|---|"]
    for row in rows:
        cells = (row.source, row.claim, f"**{row.verdict.value}**", row.sentence(), _link(row.test))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _link(test: str) -> str:
    """A test, file::function, as a link that says in words what it tests."""
    file, _, name = test.partition("::")
    return f"[{name.removeprefix('test_').replace('_', ' ')}](../{file}#{name})"


def page() -> str:
    """The text of docs/STATEMENTS.md."""
    return f"{INTRODUCTION}\n{table(statements())}"


def write() -> None:
    """Write docs/STATEMENTS.md."""
    write_text(PAGE, page())
