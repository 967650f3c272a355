"""A study: a problem, a grid, and how to run and draw it, from a preset, a TOML file or flags."""

import tomllib
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from simulations.plan import NAMED
from simulations.simulate import MEASURES
from simulations.sweep.grid import parse
from simulations.sweep.model import Model, built_in, load_model
from simulations.sweep.rows import RUN
from workbench.values import Number

ROLES = ("x", "colour", "panel")


@dataclass(frozen=True)
class Study:
    """What a sweep computes and draws."""

    name: str
    description: str
    model: Model
    grid: dict[str, list[Number]]
    x: str | None = None
    colour: str | None = None
    panel: str | None = None
    run: dict[str, Any] = field(default_factory=lambda: dict(RUN))

    def with_changes(self, grid: dict[str, Any], run: dict[str, Any]) -> "Study":
        """The study with these values of fields, numbers or text, and settings in place of its own.

        Raises ValueError for one that makes no sense.
        """
        values = {name: parse(self.model, name, value) for name, value in grid.items()}
        changed = replace(self, grid=self.grid | values, run=self.run | run)
        seeds, key = changed.run["seeds"], changed.run["key"]
        if not isinstance(seeds, int) or isinstance(seeds, bool) or seeds < 2:
            raise ValueError(f"seeds = {seeds}: expected a whole number >= 2")
        if not isinstance(key, int) or isinstance(key, bool) or key < 0:
            raise ValueError(f"key = {key}: expected a whole number >= 0")
        known = {"measure": tuple(MEASURES), "features": tuple(NAMED), "dtype": ("float64", "float32")}
        for name, words in known.items():
            if changed.run[name] not in words:
                raise ValueError(f"{name} = {changed.run[name]!r}: expected one of {', '.join(words)}")
        return changed

    def quick(self) -> "Study":
        """A small version: few seeds, and at most four values of each field, ends included."""
        grid = {name: _thin(values, 4) for name, values in self.grid.items()}
        return replace(self, grid=grid, run={**self.run, "seeds": min(self.run["seeds"], 8)})


def of_model(model: Model) -> Study:
    """The study of a user's problem: one point, where every field has its default."""
    return Study(Path(model.file).stem, model.description, model, {})


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
        return read(Path(path).stem, Path(path).read_text(encoding="utf-8"), Path(path).parent)
    except OSError as error:
        raise ValueError(f"study = {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"study = {path}: not a text file") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"study = {path}: not a TOML file ({error})") from None


def read(name: str, text: str, folder: Path = Path()) -> Study:
    """A study from TOML text: description, x, colour, panel, problem (a file), [grid] and [run]."""
    content = tomllib.loads(text)
    grid, run = content.pop("grid", {}), content.pop("run", {})
    for section, content_of in (("grid", grid), ("run", run)):
        if not isinstance(content_of, dict):
            raise ValueError(f"{section} = {content_of!r}: expected a section, [{section}]")
    _only("study", content, ["description", "problem", *ROLES])
    for key in ("description", "problem"):
        if not isinstance(content.get(key, ""), str):
            raise ValueError(f"{key} = {content[key]!r}: expected text")
    file = content.pop("problem", None)
    model = built_in() if file is None else load_model(str(folder / file))
    _only("[grid]", grid, model.fields)
    _only("[run]", run, RUN)
    for role in ROLES:
        if role in content:
            _only(role, [content[role]], model.fields)
    description = content.pop("description", name if file is None else model.description)
    return Study(name, description, model, {}, **content).with_changes(grid, run)


def _only(where: str, keys: Any, known: Any) -> None:
    for key in keys:
        if not isinstance(key, str) or key not in known:
            raise ValueError(f"{where} has {key!r}: expected one of {', '.join(known)}")


def _thin(values: list[Number], most: int) -> list[Number]:
    if len(values) <= most:
        return values
    return [values[round(i * (len(values) - 1) / (most - 1))] for i in range(most)]
