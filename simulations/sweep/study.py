"""A study: a grid and how to run and draw it, from a preset, a TOML file and the command line."""

import tomllib
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from simulations.sweep.grid import FIELDS, Value, parse

RUN = {"seeds": 64, "key": 0, "dtype": "float64", "measure": "averaged", "features": "gaussian"}


@dataclass(frozen=True)
class Study:
    """What a sweep computes and draws."""

    name: str
    description: str
    grid: dict[str, list[Value]]
    x: str | None = None
    colour: str | None = None
    panel: str | None = None
    run: dict[str, Any] = field(default_factory=lambda: dict(RUN))

    def quick(self) -> "Study":
        """A small version: few seeds, and at most four values of each field, ends included."""
        grid = {name: _thin(values, 4) for name, values in self.grid.items()}
        return replace(self, grid=grid, run={**self.run, "seeds": min(self.run["seeds"], 8)})


def presets() -> dict[str, str]:
    """Names of the presets and what each shows."""
    folder = files("simulations.sweep") / "presets"
    names = sorted(Path(entry.name).stem for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return {name: load_preset(name).description for name in names}


def load_preset(name: str) -> Study:
    """A preset by name.  Raises ValueError listing the names if there is none."""
    resource = files("simulations.sweep") / "presets" / f"{name}.toml"
    if not resource.is_file():
        raise ValueError(f"preset = {name!r}: expected one of {', '.join(presets())}")
    return read(name, resource.read_text())


def load_file(path: str) -> Study:
    """A study from a TOML file.  Raises ValueError naming the file."""
    try:
        return read(Path(path).stem, Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"study = {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"study = {path}: not a text file") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"study = {path}: not a TOML file ({error})") from None


def read(name: str, text: str) -> Study:
    """A study from TOML text: description, x, colour, panel, [grid] and [run]."""
    content = tomllib.loads(text)
    grid, run = content.pop("grid", {}), content.pop("run", {})
    for section, content_of in (("grid", grid), ("run", run)):
        if not isinstance(content_of, dict):
            raise ValueError(f"{section} = {content_of!r}: expected a section, [{section}]")
    _only("study", content, ["description", "x", "colour", "panel"])
    _only("[grid]", grid, FIELDS)
    _only("[run]", run, RUN)
    for role in ("x", "colour", "panel"):
        if role in content:
            _only(role, [content[role]], FIELDS)
    if not isinstance(content.get("description", ""), str):
        raise ValueError(f"description = {content['description']!r}: expected text")
    return Study(
        name=name,
        description=content.pop("description", name),
        grid={key: parse(key, value) for key, value in grid.items()},
        run=RUN | run,
        **content,
    )


def _only(where: str, given: Any, known: Any) -> None:
    for key in given:
        if not isinstance(key, str) or key not in known:
            raise ValueError(f"{where} has {key!r}: expected one of {', '.join(known)}")


def _thin(values: list[Value], most: int) -> list[Value]:
    if len(values) <= most:
        return values
    return [values[round(i * (len(values) - 1) / (most - 1))] for i in range(most)]
