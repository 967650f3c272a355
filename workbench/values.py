"""Lists of numbers as people write them: `1000`, `0,0.01,0.1`, `1e2:1e6:13log`."""

import math
from typing import Any

import numpy as np

from workbench.records import NONE

Number = int | float | None
MOST = 100_000  # numbers of a list


def parse_values(name: str, text: Any, *, whole: bool = False, optional: bool = False) -> list[Number]:
    """Numbers from a number, a list, or text such as `0,0.01,0.1` or `1e2:1e6:13log`.

    `low:high:count` is a range of evenly spaced numbers, with `log` after the count evenly in the
    logarithm.  `whole` numbers are rounded; `optional` ones can be `none`.  Repetitions are dropped.
    Raises ValueError naming `name` and text.
    """
    parts = text.split(",") if isinstance(text, str) else text if isinstance(text, list) else [text]
    values: list[Number] = []
    if not parts:
        raise ValueError(f"{name} = []: expected at least one number")
    for part in parts:
        try:
            values += _range(part) if isinstance(part, str) else [_number(part)]
        except (ValueError, OverflowError):
            expected = "numbers, a comma-separated list or low:high:count[log]"
            raise ValueError(f"{name} = {text}: expected {expected}") from None
    if None in values and not optional:
        raise ValueError(f"{name} = {NONE}: expected numbers")
    if whole:
        values = [None if value is None else _whole(name, value) for value in values]
    return list(dict.fromkeys(values))


def _range(text: str) -> list[Number]:
    if text.strip().lower() == NONE:
        return [None]
    if ":" not in text:
        return [float(text)]
    low, high, count = text.split(":")
    log = count.endswith("log")
    number = int(count.removesuffix("log"))
    ends = float(low), float(high)
    if not 2 <= number <= MOST or not math.isfinite(ends[1] - ends[0]) or (log and min(ends) <= 0):
        raise ValueError
    return [float(value) for value in (np.geomspace if log else np.linspace)(*ends, number)]


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError
    return float(value)


def _whole(name: str, value: float) -> int:
    if not math.isfinite(value):
        raise ValueError(f"{name} = {value:g}: expected a finite number")
    return round(value)
