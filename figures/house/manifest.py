"""How each figure of a folder came about: one entry a figure, and which of them other code has drawn."""

import json
from pathlib import Path
from typing import Any

from workbench.fingerprint import fingerprint
from workbench.manifest import write_json

FILE = "manifest.json"
Entries = dict[str, dict[str, Any]]


def entries(folder: Path) -> Entries:
    """The manifest's entries by figure; those of older versions, one for all figures, do not count.

    Raises ValueError for a file that is no manifest.
    """
    path = folder / FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        return {
            name: entry
            for name, entry in content.items()
            if isinstance(entry, dict) and {"code", "tables"} <= set(entry)
        }
    except (ValueError, AttributeError):
        raise ValueError(f"out = {folder}: {FILE} is not the manifest of figures") from None


def add_entry(folder: Path, name: str, entry: dict[str, Any]) -> None:
    """Write the entry of one figure, in place of the one that it had."""
    every = entries(folder) | {name: entry}
    write_json(folder / FILE, {name: every[name] for name in sorted(every)})


def code_of(name: str) -> str:
    """The fingerprint of the code that draws a figure, its computations included, tables excluded."""
    return fingerprint(f"figures.{name}")


def code_of_table(program: str) -> str:
    """The fingerprint of the code that makes the rows of a program's table."""
    return fingerprint(f"simulations.{program}.results")


def outdated(folder: Path, names: list[str]) -> list[str]:
    """Phrases on what other code than the present has drawn or computed, of these figures of a folder."""
    every = entries(folder)
    phrases = [
        f"{name}: drawn by {'code ' + every[name]['code'] if name in every else 'unknown code'}"
        for name in names
        if name not in every or every[name]["code"] != code_of(name)
    ]
    for name in names:
        for program, code in every.get(name, {"tables": {}})["tables"].items():
            if code != code_of_table(program):
                phrases.append(
                    f"{name}: drawn from a table that code {code} of simulations.{program} made"
                )
    return phrases
