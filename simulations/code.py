"""A fingerprint of the code that makes numbers: results of other code are never taken for its own."""

import ast
import hashlib
from functools import cache
from pathlib import Path

import collapse_theory
import simulations

# Modules that only present numbers, or say which are wanted: changing them must not compute again.
AROUND = ("__main__", "command", "manifest", "options", "picture", "report", "study")


@cache
def code_version(package: str = "") -> str:
    """Twelve hex digits that change with the statements of `collapse_theory` and `simulations`.

    Comments, docstrings and formatting do not count, nor do the modules `AROUND`.  Of
    the packages inside `simulations` only the one that is named counts: the sweep's only calls what
    is fingerprinted.
    """
    root = Path(str(simulations.__file__)).parent
    folders = [Path(str(collapse_theory.__file__)).parent, root]
    digest = hashlib.sha256()
    for folder in [*folders, root / package] if package else folders:
        for path in sorted(folder.glob("*.py")):
            if path.stem not in AROUND:
                name = f"{folder.name}/{path.name}"
                digest.update(f"{name}\n{statements(path.read_text())}\n".encode())
    return digest.hexdigest()[:12]


def statements(source: str) -> str:
    """The syntax tree of a module without docstrings and positions."""
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)
