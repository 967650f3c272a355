"""How sure a number of a forecast is: levels of intervals, and that at which a sign is told."""

import math

from scipy import stats

from simulations.forecast.jackknife import GROUPS

LEVEL = 0.9  # of an interval
SURE = 0.99  # of a statement that something helps or harms


def confidence(value: float, low: float, high: float) -> float:
    """The level of the interval about `value` that ends at 0, where that of 90% is (low, high).

    An interval of 90% that 0 is just outside of has the wrong sign once in twenty times.
    """
    stderr = (high - low) / 2 / float(stats.t.ppf((1 + LEVEL) / 2, GROUPS - 1))
    return float(1 - 2 * stats.t.sf(abs(value) / stderr, GROUPS - 1)) if stderr > 0 else math.nan
