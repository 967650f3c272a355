"""The problem of a sweep: a function of its fields, of ours or from a user's file."""

import inspect
import linecache
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from importlib.abc import InspectLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import collapse_theory as ct
from simulations.sweep import mixture
from simulations.sweep.fields import Field, fields_of
from workbench.fingerprint import fingerprint, of_text

NAME = "problem"  # of the function in a user's file


@dataclass(frozen=True)
class Model:
    """A function from values of fields to a `Problem`."""

    function: Callable[..., ct.Problem]
    fields: dict[str, Field]
    code: str  # fingerprint of the function
    file: str = ""  # of a user

    @property
    def description(self) -> str:
        """The first line of the function's docstring."""
        return (inspect.getdoc(self.function) or NAME).splitlines()[0].rstrip(".")

    def __call__(self, point: dict[str, Any]) -> ct.Problem:
        """The problem at a point, a value for every field.

        Raises ValueError, also for whatever else goes wrong in a user's file.
        """
        try:
            problem = self.function(**point)
        except ValueError as error:
            raise ValueError(f"{self._where(error)}{error}") from None
        except Exception as error:
            if not self.file:
                raise
            raise ValueError(f"{self._where(error)}{type(error).__name__}: {error}") from error
        if not isinstance(problem, ct.Problem):
            expected = f"a collapse_theory.Problem from its function, not {type(problem).__name__}"
            raise ValueError(f"{NAME} = {self.file}: expected {expected}")
        return problem

    def _where(self, error: Exception) -> str:
        return _where(self.file, error) if self.file else ""


def built_in() -> Model:
    """The paper's two sources."""
    return Model(mixture.problem, fields_of(mixture.problem), fingerprint(mixture.__name__))


def load_model(path: str) -> Model:
    """The function `problem` of a Python file.  Raises ValueError, naming file and line."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"{NAME} = {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{NAME} = {path}: not a text file") from None
    module = _module(path, text)
    function = getattr(module, NAME, None)
    if not inspect.isfunction(function):
        raise ValueError(f"{NAME} = {path}: expected a function named {NAME} in it")
    try:
        return Model(function, fields_of(function), of_text(text), path)
    except (ValueError, NameError) as error:
        raise ValueError(f"{NAME} = {path}: {error}") from None


class _Text(InspectLoader):
    """A module from text that has been read, so that what runs is what has been fingerprinted."""

    def __init__(self, path: str, text: str):
        self.path, self.text = path, text

    def get_source(self, fullname: str) -> str:
        return self.text

    def source_to_code(self, data: Any, path: str = "") -> Any:  # type: ignore[override]
        return compile(data, self.path, "exec")


def _module(path: str, text: str) -> Any:
    loader = _Text(path, text)
    spec = spec_from_loader("problem_of_the_sweep", loader, origin=path, is_package=False)
    assert spec is not None
    module = module_from_spec(spec)
    linecache.cache[path] = (len(text), None, text.splitlines(True), path)
    folder = str(Path(path).resolve().parent)
    sys.path.insert(0, folder)  # what the file imports may lie beside it
    try:
        loader.exec_module(module)
    except SyntaxError as error:
        raise ValueError(f"{NAME} = {path}, line {error.lineno}: SyntaxError: {error.msg}") from None
    except Exception as error:
        raise ValueError(f"{_where(path, error)}{type(error).__name__}: {error}") from error
    finally:
        sys.path.remove(folder)
    return module


def _where(path: str, error: Exception) -> str:
    """The last line of a user's file that an error went through."""
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path
    ]
    return f"{NAME} = {path}{f', line {lines[-1]}' if lines else ''}: "
