"""The grid of a sweep: what a field may be, how values are written, which problem a point is."""

import itertools
import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

import collapse_theory as ct

Value = float | int | None  # None: a width, that of the classical model
Point = dict[str, Any]  # a value for every field


MOST = 100_000  # values of a field, and points of a grid


class Field(NamedTuple):
    """A field of the problem that a sweep can vary."""

    default: Value
    whole: bool
    column: str  # in tables
    label: str  # in pictures
    help: str


FIELDS: dict[str, Field] = {
    "d": Field(100, True, "d", "d", "number of features"),
    "exponent": Field(
        0.0, False, "exponent", "spectrum exponent", "eigenvalues of Sigma go as j^-exponent, mean 1"
    ),
    "n": Field(1000, True, "n", "n", "number of training samples, real and synthetic"),
    "synthetic_fraction": Field(
        0.1, False, "p2", "synthetic fraction $p_2$", "part of the samples that is synthetic"
    ),
    "quality": Field(
        0.5, False, "c^2", "quality $c^2$", "tr(Sigma Delta) of the synthetic labels, small is good"
    ),
    "noise": Field(0.1, False, "sigma^2", r"noise $\sigma^2$", "variance of the label noise"),
    "signal": Field(
        1.0, False, "signal", r"signal tr$\,\Sigma\Gamma$", "variance of the noiseless labels"
    ),
    "ridge": Field(1e-6, False, "lambda", r"ridge $\lambda$", "0 for the ridgeless limit"),
    "width": Field(
        None, True, "m", "width m", "columns of the random projection, none for the classical model"
    ),
    "weight": Field(1.0, False, "alpha2", r"weight $\alpha_2$", "loss weight of a synthetic sample"),
}


def parse(field: str, text: Any) -> list[Value]:
    """Values of a field: a number, a list, or text such as `0,0.01,0.1` or `1e2:1e6:13log`.

    `low:high:count` is a range of evenly spaced values, with `log` after the count evenly in the
    logarithm; `none` is the classical model's width.  Whole-number fields are rounded.  Raises
    ValueError naming field and text.
    """
    parts = text.split(",") if isinstance(text, str) else text if isinstance(text, list) else [text]
    values: list[Value] = []
    if not parts:
        raise ValueError(f"{field} = []: expected at least one value")
    for part in parts:
        try:
            values += _range(part) if isinstance(part, str) else [_number(part)]
        except (ValueError, OverflowError):
            expected = "numbers, a comma-separated list or low:high:count[log]"
            raise ValueError(f"{field} = {text}: expected {expected}") from None
    if None in values and field != "width":
        raise ValueError(f"{field} = none: only width may be none")
    if FIELDS[field].whole:
        values = [None if value is None else _whole(field, value) for value in values]
    return list(dict.fromkeys(values))


def _range(text: str) -> list[Value]:
    if text.strip().lower() == "none":
        return [None]
    if ":" not in text:
        return [float(text)]
    low, high, count = text.split(":")
    log = count.endswith("log")
    number = int(count.removesuffix("log"))
    ends = float(low), float(high)
    if not 2 <= number <= MOST or not np.isfinite(ends[1] - ends[0]) or (log and min(ends) <= 0):
        raise ValueError
    return [float(value) for value in (np.geomspace if log else np.linspace)(*ends, number)]


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError
    return float(value)


def _whole(field: str, value: float) -> int:
    if not np.isfinite(value):
        raise ValueError(f"{field} = {value:g}: expected a finite number")
    return round(value)


def points(grid: Mapping[str, list[Value]], fastest: str | None = None) -> list[Point]:
    """Every combination of the fields' values; the field `fastest`, if given, varies fastest.

    Raises ValueError for the first value that no problem can have.
    """
    full = {name: list(grid.get(name, [field.default])) for name, field in FIELDS.items()}
    size = math.prod(map(len, full.values()))
    if size > MOST:
        raise ValueError(f"grid = {size:,} points: expected at most {MOST:,}")
    first: Point = {name: values[0] for name, values in full.items()}
    for name, values in full.items():
        for value in values:
            problem(first | {name: value})
    order = sorted(full, key=lambda name: name == fastest)
    combinations = itertools.product(*(full[name] for name in order))
    return [dict(zip(order, values, strict=True)) for values in combinations]


def counts(point: Point) -> tuple[int, int]:
    """(n_1, n_2): whole numbers of real and synthetic samples; n_2 is p_2 n rounded."""
    synthetic = round(point["synthetic_fraction"] * point["n"])
    return point["n"] - synthetic, synthetic


def problem(point: Point) -> ct.Problem:
    """The problem of a grid point, with whole sample sizes."""
    ct.checks.number("synthetic_fraction", point["synthetic_fraction"], most=1)
    ct.checks.number("n", point["n"], above=0)
    return mixture(counts(point), **{name: point[name] for name in FIELDS if name not in SIZES})


SIZES = ("n", "synthetic_fraction")


def mixture(
    sizes: tuple[Any, Any],
    *,
    d: Any,
    exponent: Any,
    quality: Any,
    noise: Any,
    signal: Any,
    ridge: Any,
    width: Any,
    weight: Any,
) -> ct.Problem:
    """The paper's two sources with a power-law covariance, from (n_1, n_2) and the other fields."""
    covariance = ct.spectra.power_law(d, exponent)
    real = ct.Source(sizes[0], covariance, noise)
    synthetic = ct.Source(sizes[1], covariance, noise, quality, weight)
    return ct.Problem((real, synthetic), signal=signal, ridge=ridge, width=width)


def unrounded(point: Point) -> tuple[float, float]:
    """(n_1, n_2) as the theory takes them, for smooth curves."""
    synthetic = point["synthetic_fraction"] * point["n"]
    return point["n"] - synthetic, synthetic


def swept(some: Iterable[Point]) -> list[str]:
    """Names of the fields that take more than one value."""
    rows = list(some)
    return [name for name in FIELDS if len({row[name] for row in rows}) > 1]
