"""What a sweep can vary: the arguments of a function that makes a problem."""

import inspect
import re
import typing
from collections.abc import Callable
from typing import Any, NamedTuple

import collapse_theory as ct

REQUIRED = inspect.Parameter.empty  # the default of a field that has none

# Names in tables and pictures of the symbols that everybody writes; others are called as they are.
COLUMNS = {"synthetic_fraction": "p2", "quality": "c^2", "noise": "sigma^2", "ridge": "lambda"}
COLUMNS |= {"width": "m", "weight": "alpha2"}
LABELS = {
    "n": "number of samples n",
    "exponent": "spectrum exponent",
    "synthetic_fraction": "synthetic fraction $p_2$",
    "quality": "quality $c^2$",
    "noise": r"noise $\sigma^2$",
    "signal": r"signal tr$\,\Sigma\Gamma$",
    "ridge": r"ridge $\lambda$",
    "width": "width m",
    "weight": r"weight $\alpha_2$",
}
WHOLE = ("n", "width")  # numbers of things, whatever a signature says


class Field(NamedTuple):
    """A field of the problem that a sweep can vary."""

    name: str
    default: Any  # a number, None (there is no such thing), or REQUIRED
    whole: bool
    optional: bool  # whether it can be None
    help: str

    @property
    def column(self) -> str:
        """Its name in tables for people."""
        return COLUMNS.get(self.name, self.name)

    @property
    def label(self) -> str:
        """Its name in pictures."""
        return LABELS.get(self.name, self.name)


def fields_of(function: Callable[..., ct.Problem]) -> dict[str, Field]:
    """The fields of a function: its arguments, what they are by default, and what its docstring says.

    A field is a whole number if it is annotated so or its default is one, and can be None if that is its
    default.  Its help is a line "- `name`: help" of the docstring.
    Raises ValueError for an argument that no number can be given for.
    """
    help_of = dict(re.findall(r"^- `(\w+)`: (.+)$", inspect.getdoc(function) or "", re.MULTILINE))
    annotations = typing.get_type_hints(function)
    fields = {}
    for parameter in inspect.signature(function).parameters.values():
        name, default = parameter.name, parameter.default
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise ValueError(f"argument {parameter}: expected arguments with names")
        number = isinstance(default, int | float) and not isinstance(default, bool)
        if not (number or default is None or default is REQUIRED):
            raise ValueError(f"argument {parameter}: expected a number or None by default")
        kinds = (annotations.get(name), *typing.get_args(annotations.get(name)))
        whole = name in WHOLE or int in kinds or (isinstance(default, int) and float not in kinds)
        optional = default is None or type(None) in kinds
        fields[name] = Field(name, default, whole, optional, help_of.get(name, ""))
    return fields
