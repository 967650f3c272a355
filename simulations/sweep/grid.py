"""The grid of a sweep: every combination of the values of its fields."""

import itertools
import math
from collections.abc import Iterable, Mapping
from typing import Any

import collapse_theory as ct
from simulations.sweep.fields import REQUIRED
from simulations.sweep.model import Model
from workbench.values import MOST, Number, parse_values

Point = dict[str, Any]  # a value for every field


def parse(model: Model, name: str, text: Any) -> list[Number]:
    """Values of a field from a number, a list or text.  Raises ValueError naming field and text."""
    field = model.fields[name]
    return parse_values(name, text, whole=field.whole, optional=field.optional)


def points(model: Model, grid: Mapping[str, list[Number]], fastest: str | None = None) -> list[Point]:
    """Every combination of the fields' values; the field `fastest`, if there is one, varies fastest.

    Raises ValueError for the first value that no problem can have, and for a field without a value.
    """
    for name, field in model.fields.items():
        if field.default is REQUIRED and name not in grid:
            raise ValueError(f"{name}: expected --{name.replace('_', '-')}, as it has no default")
    full = {name: list(grid.get(name, [field.default])) for name, field in model.fields.items()}
    size = math.prod(map(len, full.values()))
    if size > MOST:
        raise ValueError(f"grid = {size:,} points: expected at most {MOST:,}")
    first: Point = {name: values[0] for name, values in full.items()}
    _check(model, first)
    for name, values in full.items():
        for value in values[1:]:
            _check(model, first | {name: value})
    order = sorted(full, key=lambda name: name == fastest)
    combinations = itertools.product(*(full[name] for name in order))
    return [dict(zip(order, values, strict=True)) for values in combinations]


def _check(model: Model, point: Point) -> None:
    if "n" in point:  # first, as what is made of it could not be named
        ct.checks.number("n", point["n"], above=0)
    model(point)


def swept(points: Iterable[Point]) -> list[str]:
    """Names of the fields that take more than one value."""
    rows = list(points)
    return [name for name in rows[0] if len({row[name] for row in rows}) > 1] if rows else []
