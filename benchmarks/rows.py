"""Rows of the benchmark's table."""

from collections.abc import Iterator
from typing import NamedTuple

from benchmarks.timing import Timing, ratio


class Row(NamedTuple):
    """One contender at one size; ratios are the contender's time over ours, round by round."""

    section: str
    size: str
    contender: str
    seconds: float
    seconds_low: float
    seconds_high: float
    ratio: float
    ratio_low: float
    ratio_high: float
    note: str = ""


def compare(section: str, size: str, timings: dict[str, Timing], note: str = "") -> Iterator[Row]:
    """A row for each contender; the first one is ours."""
    ours, *_ = timings.values()
    for name, timing in timings.items():
        against = ratio(timing, ours)
        yield Row(section, size, name, *timing[:3], *against[:3], note)
