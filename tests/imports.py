"""Which libraries code imports, found without running any of it."""

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = (
    "benchmarks",
    "collapse_command",
    "collapse_theory",
    "derivations",
    "figures",
    "notebooks",
    "simulations",
    "workbench",
)


def modules(folder: str, *besides: str) -> list[str]:
    """The modules in and below a folder of the project, but for those in and below some others."""
    paths = sorted((ROOT / folder).rglob("*.py"))
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    return [name.removesuffix(".__init__") for name in names if not name.startswith(besides)]


def libraries(asked: Iterable[str]) -> dict[str, str]:
    """The libraries that importing these modules imports, and a module that does.

    Followed are the imports of statements of a module, not those within functions, which wait until
    they are needed.
    """
    todo, visited = list(asked), set()
    outside: dict[str, str] = {}
    while todo:
        module = todo.pop()
        if module in visited or not _file(module).exists():
            continue
        visited.add(module)
        todo.append(module.rpartition(".")[0])
        for name in _imported(ast.parse(_file(module).read_text(encoding="utf-8")).body):
            first = name.partition(".")[0]
            if first in FOLDERS:
                todo.append(name)
            elif first not in sys.stdlib_module_names:
                outside.setdefault(first, module)
    return outside


def _imported(statements: Iterable[ast.stmt]) -> Iterator[str]:
    for statement in statements:
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module:
            yield statement.module
            yield from (f"{statement.module}.{alias.name}" for alias in statement.names)
        elif isinstance(statement, ast.If | ast.Try | ast.With):
            yield from _imported(statement.body)


def _file(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
