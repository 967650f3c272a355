"""Side by side timing: every round times every contender once, in turn."""

import time
from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np
from rich.console import Console
from rich.progress import track


class Timing(NamedTuple):
    """Seconds per unit of one contender: median and quartiles over the rounds; all of them."""

    median: float
    low: float
    high: float
    rounds: np.ndarray


def side_by_side(
    contenders: dict[str, Callable[[], float]], rounds: int, title: str
) -> dict[str, Timing]:
    """Timings of contenders, functions that do some work and return how many units that was.

    One call of each before the clock starts: compilation and caches are not counted here.
    """
    for contender in contenders.values():
        contender()
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for number in track(range(rounds), title, console=Console(stderr=True), transient=True):
        names = list(contenders)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            started = time.perf_counter()
            units = contenders[name]()
            seconds[name].append((time.perf_counter() - started) / units)
    return {name: summary(np.array(times)) for name, times in seconds.items()}


def summary(values: np.ndarray) -> Timing:
    """Median and quartiles."""
    low, median, high = np.quantile(values, (0.25, 0.5, 0.75))
    return Timing(float(median), float(low), float(high), values)


def ratio(peer: Timing, ours: Timing) -> Timing:
    """How many times longer the peer takes, round by round."""
    return summary(peer.rounds / ours.rounds)


def best(function: Callable[..., object], *arguments: object, rounds: int = 5) -> float:
    """Least seconds of a call, after one that compiles."""
    seconds = []
    for _ in range(rounds + 1):
        started = time.perf_counter()
        jax.block_until_ready(function(*arguments))
        seconds.append(time.perf_counter() - started)
    return min(seconds[1:])
