"""Docstrings as Python-Markdown reads them: what belongs to an item of a list stands four columns in."""

import re
from typing import Any

import griffe

ITEM = re.compile(r"^( *)- ")


class Lists(griffe.Extension):
    """Indents the paragraphs and equations of list items, for which the code has two columns."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Change the docstring of an object that has one."""
        if obj.docstring:
            obj.docstring.value = widened(obj.docstring.value)


def widened(text: str) -> str:
    """A docstring whose list items continue four columns in."""
    lines: list[str] = []
    inside = False
    for line in text.splitlines():
        if ITEM.match(line):
            # A list needs an empty line before it.
            if not inside and lines and lines[-1].strip():
                lines.append("")
            inside = True
            lines.append(line)
        elif inside and line.strip() and not line.startswith("  "):
            inside = False
            lines.append(line)
        else:
            lines.append("  " + line if inside and line.strip() else line)
    return "\n".join(lines)
