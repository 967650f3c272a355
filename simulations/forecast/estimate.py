"""Test errors with intervals: what all rows say and, for the error bar, all rows but a few."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy import stats

from simulations.forecast.confidence import LEVEL
from simulations.forecast.features import penalty
from simulations.forecast.jackknife import GROUPS, kept, variance
from simulations.forecast.sample import Sample, Statistics
from simulations.forecast.transfer import Target, emulate, forecast
from workbench.threads import one_lapack_thread

ENDLESS = 1e12  # samples
# Stands for no ridge, in units of a feature's variance: far below, features that vary in a few rows only
# leave rounding errors.
NONE = 1e-7


class Estimate(NamedTuple):
    """A number with its interval of 90% and its standard error."""

    value: float
    low: float
    high: float
    stderr: float


class Training(NamedTuple):
    """A training that is asked about: numbers of samples, inf too; `weight` is alpha_2 (alpha_1 = 1)."""

    n_real: float
    n_synthetic: float
    ridge: float
    weight: float = 1.0
    width: float | None = None


class Predicted(NamedTuple):
    """By all rows, then without groups (`jackknife`): errors on real and on synthetic data, with noise.

    `gain` is how much of each unit of the real labels' noise the model learns, on real data.  NaN where
    the rows at hand do not tell.
    """

    real: Float[np.ndarray, " replicates"]
    synthetic: Float[np.ndarray, " replicates"]
    gain: Float[np.ndarray, " replicates"]


def predicted(sample: Sample, training: Training, *, replicates: bool = True) -> Predicted:
    """The errors of a training; without `replicates` by all rows alone."""
    counts = [ENDLESS if math.isinf(n) else float(n) for n in (training.n_real, training.n_synthetic)]
    weights = [1.0, training.weight]
    if sample.synthetic is None:
        counts, weights = counts[:1], weights[:1]
    inverse_width = 0.0 if training.width is None else 1 / training.width
    numbers = (counts, weights, max(training.ridge, NONE), inverse_width)
    target = Target(*(jnp.asarray(number, dtype=float) for number in numbers))
    statistics = sample.statistics
    groups = kept() if replicates else kept()[:1]
    # LAPACK's threads and XLA's would wait for each other: with one of its own it is ten times as fast.
    with one_lapack_thread():
        answer = _replicates(statistics, penalty(statistics.features.shape[2]), target, groups)
        return Predicted(*map(np.asarray, answer))


def interval(replicates: Float[np.ndarray, " _"], *, positive: bool = False) -> Estimate:
    """The estimate of all rows, with the interval of the delete-one-group jackknife, its bias removed.

    Rows are left out, not drawn again as by the bootstrap: a row that is drawn twice is in training and
    held out at once.  `positive`: the interval is one of the logarithm.
    """
    value = float(replicates[0])
    if not np.isfinite(replicates[: 1 + GROUPS]).all():
        return Estimate(value if np.isfinite(value) else math.nan, math.nan, math.nan, math.nan)
    stderr = math.sqrt(variance(replicates))
    reach = float(stats.t.ppf((1 + LEVEL) / 2, GROUPS - 1)) * stderr
    if positive and value > 0:
        factor = float(np.exp(reach / value))
        return Estimate(value, value / factor, value * factor, stderr)
    return Estimate(value, value - reach, value + reach, stderr)


def widened(estimate: Estimate, stderr: float) -> Estimate:
    """The interval for a measurement of the same that has a standard error of its own."""
    if not estimate.value > 0 or not np.isfinite(estimate.stderr):
        return estimate
    ratio = float(np.log(estimate.high / estimate.value))
    own = float(stats.norm.ppf((1 + LEVEL) / 2)) * stderr / estimate.value
    factor = float(np.exp(math.hypot(ratio, own)))
    return Estimate(
        estimate.value,
        estimate.value / factor,
        estimate.value * factor,
        math.hypot(estimate.stderr, stderr),
    )


@jax.jit
def _replicates(
    statistics: Statistics,
    penalty: Float[Array, " d"],
    target: Target,
    kept: Float[Array, "replicates groups"],
) -> tuple[Array, Array, Array]:
    """Errors on the first and the last source, and the gain, of replicates: the first are all rows."""
    whole = statistics.sums_of(kept[0])
    everything = emulate(whole, penalty, target).point

    def one(groups: Array) -> tuple[Array, Array, Array]:
        sums, rows = statistics.sums_of(groups), statistics.rows_of(groups)
        # The same losses over fewer rows: each of these counts for more.
        start = everything.at[:-1].add(jnp.log(whole.counts / sums.counts))
        root = emulate(sums, penalty, target, start)
        errors, gains = forecast(sums, rows, penalty, target, root)
        return errors[0], errors[-1], gains[0] - 1

    return jax.lax.map(one, kept)
