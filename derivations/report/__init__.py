"""The report: derivations as Markdown and as one self-contained HTML page."""

from pathlib import Path

from derivations.report.document import PICTURES, document
from derivations.report.page import page
from workbench.files import write_text

__all__ = ["PICTURES", "document", "unreadable", "write"]


def unreadable(markdown: str) -> list[str]:
    """What is wrong with the formulas of a report without pictures; nothing is written."""
    return page(markdown, Path())[1]


def write(folder: Path, markdown: str) -> list[str]:
    """Write report.md and report.html; returns what was wrong with formulas that cannot be shown."""
    write_text(folder / "report.md", markdown)
    html, unreadable = page(markdown, folder)
    write_text(folder / "report.html", html)
    return unreadable
