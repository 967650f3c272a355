"""A fingerprint of the code that makes numbers: results of other code are never taken for its own."""

import ast
import hashlib
from functools import cache
from pathlib import Path

import collapse_theory
import simulations


@cache
def code_version() -> str:
    """Twelve hex digits that change with the statements of `collapse_theory` and `simulations`.

    Comments, docstrings and formatting do not count, and neither do the packages inside
    `simulations` (the sweep's grid and pictures), which only call what is fingerprinted.
    """
    digest = hashlib.sha256()
    for package in (collapse_theory, simulations):
        for path in sorted(Path(str(package.__file__)).parent.glob("*.py")):
            digest.update(f"{path.parent.name}/{path.name}\n{statements(path.read_text())}\n".encode())
    return digest.hexdigest()[:12]


def statements(source: str) -> str:
    """The syntax tree of a module without docstrings and positions."""
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)
