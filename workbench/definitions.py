"""Where a public name is defined, read from the source without importing it."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]


def definition(name: str) -> str:
    """The full name of what a package exports, package.module.name for package.name.

    Names that no package exports are returned unchanged.
    """
    package, _, member = name.rpartition(".")
    init = ROOT / package.replace(".", "/") / "__init__.py"
    if not init.is_file():
        return name
    for node in ast.parse(init.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and member in [alias.name for alias in node.names]:
            return f"{node.module}.{member}" if node.module != package else name
    return name


def source(name: str) -> str:
    """The file that defines a function or class, relative to the repository, and its name: file#name."""
    module, _, member = definition(name).rpartition(".")
    return f"{module.replace('.', '/')}.py#{member}"
