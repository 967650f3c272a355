"""Jobs for the tests of the runner, in a module that workers can import."""

import os
import time
from pathlib import Path

from workbench.job import Answer, Job


def sevenths(x, calls, progress):
    """x / 7 of a few rows; leaves a mark that it was called."""
    with open(calls, "a") as file:
        file.write(f"{x}\n")
    progress(0.5)
    if x == 3:
        raise ValueError("three\nis odd")
    return Answer([{"y": x / 7, "part": part} for part in (0, 1)], {"speed": x})


def deadly(x, mark, progress):
    """x / 7; the first process that does number 2 dies of it."""
    if x == 2 and not Path(mark).exists():
        Path(mark).touch()
        os._exit(1)
    time.sleep(0.1)
    return Answer([{"y": x / 7}])


def fatal(progress):
    """Every process that tries it dies."""
    os._exit(1)


def slow(x, progress):
    """A moment for others to be killed in."""
    time.sleep(0.3)
    return Answer([{"y": x}])


def sevenths_jobs(numbers, calls):
    """A job for each number, of two rows."""
    return [
        Job(f"job {x}", [{"x": x, "half": h} for h in (0, 1)], sevenths, (x, str(calls)), {"study": "a"})
        for x in numbers
    ]
