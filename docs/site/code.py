"""A file of code as a page: its functions and classes have anchors of their own names."""

import ast
from pathlib import Path

FENCE = "~~~~"


def page(path: Path, text: str) -> str:
    """The Markdown of a page that shows a file; searches leave it out."""
    language = {".py": "python", ".toml": "toml"}[path.suffix]
    pieces = [f"---\nsearch:\n  exclude: true\nhide:\n  - navigation\n---\n\n# `{path}`\n"]
    for name, piece in parts(text) if language == "python" else [("", text)]:
        anchor = f'<a id="{name}"></a>\n\n' if name else ""
        pieces.append(f"{anchor}{FENCE}{language}\n{piece.strip(chr(10))}\n{FENCE}\n")
    return "\n".join(pieces)


def parts(text: str) -> list[tuple[str, str]]:
    """A Python text in pieces that begin with its functions and classes, and their names."""
    lines = text.splitlines(keepends=True)
    starts = [(0, "")]
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = min(line.lineno for line in (node, *node.decorator_list))
            starts.append((first - 1, node.name))
    ends = [start for start, _ in starts[1:]] + [len(lines)]
    pieces = [(name, "".join(lines[start:end])) for (start, name), end in zip(starts, ends, strict=True)]
    return [(name, piece) for name, piece in pieces if piece.strip()]
