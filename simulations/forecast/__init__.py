"""Forecasts of what synthetic data do to a ridge model of one's own data: `Forecast`."""

from typing import Any


def __getattr__(name: str) -> Any:
    """`Forecast`, once it is asked for: its libraries are an extra."""
    if name == "Forecast":
        from simulations.forecast.model import Forecast

        return Forecast
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
