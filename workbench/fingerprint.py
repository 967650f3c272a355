"""A fingerprint of the code that makes numbers: results of other code are never taken for its own.

What a program computes with is found by following imports, without running any.  Of a package's
`__init__.py` those imports count that make a name which is asked for, so that
`from collapse_theory import checks` does not depend on the whole theory; its other statements run before
any of its modules (they switch JAX to float64) and always count.
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.util import resolve_name
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PACKAGES = ("collapse_theory", "simulations", "figures")  # of what computes; the workbench does not

# A module and what is asked of it: a name, all, or (of a package) no more than that it runs.
Asked = tuple[str, str]
ALL, RUN = "*", ""


@cache
def fingerprint(*modules: str) -> str:
    """Twelve hex digits that change with what the numbers of these modules can depend on.

    These are their statements and those of what they import from `PACKAGES`, by whatever way.
    Comments, docstrings and formatting do not count; a data file that a module names, beside it, does.
    """
    parts = closure(*modules)
    return _digest(
        "".join(f"{module}\n{part}\n" for module in sorted(parts) for part in sorted(parts[module]))
    )


def closure(*modules: str) -> dict[str, set[str]]:
    """These modules and all that they compute with: of each, the parts that count."""
    parts: dict[str, set[str]] = {}
    todo: list[Asked] = [(module, ALL) for module in modules]
    visited: set[Asked] = set()
    while todo:
        module, name = todo.pop()
        if module.partition(".")[0] not in PACKAGES:
            continue
        name = name if _file(module).name == "__init__.py" else ALL
        if (module, name) in visited:
            continue
        visited.add((module, name))
        package = module.rpartition(".")[0]
        if package:
            todo.append((package, RUN))
        if name not in (ALL, RUN) and _file(f"{module}.{name}").exists():
            todo.append((f"{module}.{name}", ALL))
        path = _file(module)
        source = path.read_text(encoding="utf-8")
        content, imported = _parts(module, name, source, path.name == "__init__.py")
        parts[module] = parts.get(module, set()) | content | _data(source, path.parent)
        todo += imported
    return {module: content for module, content in parts.items() if content}


@cache
def _parts(module: str, name: str, source: str, package: bool) -> tuple[set[str], list[Asked]]:
    """What counts of a module of which `name` is asked, and what that imports."""
    tree = _tree(source)
    if not package:
        imports = _imports(tree, module.rpartition(".")[0])
        return {_text(tree)}, [asked for _, asked in imports]
    parts: set[str] = set()
    imported: list[Asked] = []
    others = []
    for statement in tree.body:
        picked = isinstance(statement, (ast.Import, ast.ImportFrom))
        for bound, asked in _imports(statement, module):
            counts = not picked or name == ALL or bound in (name, ALL)
            imported.append(asked if counts else (asked[0].partition(".")[0], RUN))
            parts |= {f"{bound} = {asked}"} if picked and counts else set()
        if not picked and not ast.unparse(statement).startswith(("__all__ =", "__version__ =")):
            others.append(_text(statement))
    return parts | ({" ".join(others)} if others else set()), imported


def _imports(tree: ast.AST, package: str) -> Iterator[tuple[str, Asked]]:
    """The imports in a piece of code: the name that each binds, and what it asks for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            source = resolve_name("." * node.level + (node.module or ""), package)
            for alias in node.names:
                yield alias.asname or alias.name, (source, alias.name)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    for name in _used(tree, alias.asname):
                        yield alias.asname, (alias.name, name)
                    continue
                first = alias.name.partition(".")[0]
                yield first, (alias.name, ALL)
                yield first, (first, ALL)  # all of the first package can be reached


def _used(tree: ast.AST, module: str) -> set[str]:
    """Which names of a module this code uses: all, unless it only ever says `module.name`."""
    uses = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == module]
    names = [
        node.attr
        for node in ast.walk(tree)
        if getattr(node, "value", None) in uses and isinstance(node, ast.Attribute)
    ]
    return set(names) if uses and len(names) == len(uses) else {ALL}


def _data(source: str, folder: Path) -> set[str]:
    """The files that lie beside a module and whose names are written in it."""
    files = [path for path in folder.iterdir() if path.is_file() and path.name in _constants(source)]
    return {f"{path.name}: {path.read_bytes()!r}" for path in files}


@cache
def _constants(source: str) -> set[Any]:
    return {node.value for node in ast.walk(_tree(source)) if isinstance(node, ast.Constant)}


def of_text(source: str) -> str:
    """Twelve hex digits that change with the statements of this Python code."""
    return _digest(_text(_tree(source)))


def _text(node: Any) -> str:
    """A syntax tree as text, without what is empty: which of that exists depends on Python's version."""
    if isinstance(node, list):
        return f"[{', '.join(map(_text, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = dict(ast.iter_fields(node))
    if isinstance(node, ast.JoinedStr):
        fields["values"] = [value for value in node.values if getattr(value, "value", None) != ""]
    texts = [f"{name}={_text(value)}" for name, value in fields.items() if value not in (None, [])]
    return f"{type(node).__name__}({', '.join(texts)})"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@cache
def _tree(source: str) -> ast.Module:
    """The statements of this code, docstrings left out; nobody changes it."""
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return tree


def _file(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
