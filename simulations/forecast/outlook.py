"""What follows from forecasts: the quality of synthetic labels, break-even, exchange rates, plateaus.

Everything is an array of replicates (`Predicted`), so that intervals know what errs together.
"""

import math

import numpy as np
from jaxtyping import Float

from simulations.forecast.estimate import Predicted, Training
from simulations.forecast.model import Forecast

Replicates = Float[np.ndarray, " replicates"]

STEP = 0.01  # of the real rows: a derivative's
SIZES = 2.0 ** np.arange(-4, 8)  # times the real rows at hand, where equivalents are looked for
NEARBY = 1.3


def quality(forecast: Forecast) -> Replicates:
    """c^2: how much worse than endless real data endless synthetic data are, on real inputs.

    Both with the ridge of the real rows at hand: without one, directions in which these hardly vary
    would say nothing but noise.
    """
    real, synthetic = _endless(forecast)
    return synthetic.real - real.real


def break_even(forecast: Forecast) -> Replicates:
    """The c^2 at which the first synthetic samples, if of inputs like the real ones, change nothing.

        c^2 + sigma_2^2 = -(dE / d log n) / (V / sigma^2) + sigma_1^2

    at no synthetic samples: what one more sample teaches, over what is learned of its noise.
    """
    before, more = forecast.replicates(_now(forecast)), _one_more(forecast, synthetic=False)
    real, synthetic = _endless(forecast)
    taught = (before.real - more.real) / math.log1p(STEP)
    return taught / before.gain + real.real - synthetic.synthetic


def _endless(forecast: Forecast) -> list[Predicted]:
    """Endless real and endless synthetic data, with the ridge of the real rows at hand."""
    ridge = _now(forecast).ridge
    sizes = ((math.inf, 0.0), (0.0, math.inf))
    return [forecast.replicates(forecast.training(*size, ridge=ridge)) for size in sizes]


def exchange(forecast: Forecast) -> Replicates:
    """How many synthetic samples one more real sample is worth; negative where they harm."""
    before = forecast.replicates(_now(forecast)).real
    real, synthetic = (_one_more(forecast, synthetic=kind).real for kind in (False, True))
    return (before - real) / (before - synthetic)


def _now(forecast: Forecast) -> Training:
    """The real rows at hand, alone."""
    return forecast.training(forecast.n_real, 0)


def _one_more(forecast: Forecast, *, synthetic: bool) -> Predicted:
    """A few more samples of one kind, with the same n lambda."""
    n, step = forecast.n_real, STEP * forecast.n_real
    ridge = _now(forecast).ridge * n / (n + step)
    real, other = (n, step) if synthetic else (n + step, 0.0)
    return forecast.replicates(forecast.training(real, other, ridge=ridge))


def replaced(forecast: Forecast) -> Replicates:
    """How many more real samples would do what all synthetic ones do: negative where these harm.

    NaN beyond the sizes that are tried.
    """
    sizes = SIZES * forecast.n_real
    mixed = forecast.replicates(forecast.training(forecast.n_real, forecast.n_synthetic)).real
    curve = np.array([forecast.value(forecast.training(n, 0)) for n in sizes])
    about = _where(sizes, curve, float(mixed[0]))
    if math.isnan(about):
        return np.full(len(mixed), math.nan)
    # Replicates are interpolated on both sides of the answer, where the curve is a power of n.
    low, high = about / NEARBY, about * NEARBY
    below, above = (forecast.replicates(forecast.training(n, 0)).real for n in (low, high))
    return low * (high / low) ** ((below - mixed) / (below - above)) - forecast.n_real


def _where(sizes: np.ndarray, errors: np.ndarray, level: float) -> float:
    """The size at which a falling curve has this level."""
    known = np.isfinite(errors)
    if not known.any() or not np.isfinite(level):
        return math.nan
    sizes, errors = sizes[known], np.minimum.accumulate(errors[known])
    if not errors[-1] <= level <= errors[0]:
        return math.nan
    return float(np.exp(np.interp(-level, -errors, np.log(sizes))))
