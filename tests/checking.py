"""What the import hook checks functions with."""

from collections.abc import Callable
from typing import Any

from beartype import beartype


def checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """beartype, except for functions inside of functions.

    They are made anew at every call, and checks would be compiled anew for each: that was a third of
    the time of tests that make many problems.
    """
    return function if "<locals>" in getattr(function, "__qualname__", "") else beartype(function)
