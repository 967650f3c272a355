"""Accuracy of classifiers in percent, and how far draws and test images leave it uncertain."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from workbench.records import numbers

Percent = Float[np.ndarray, " rows"]


def accuracies(rows: Sequence[dict[str, Any]]) -> tuple[Percent, Percent]:
    """Accuracy a of each row and its standard error, in percent (ours):

        stderr^2 = stderr_draws^2 + a (1 - a) / T,

    stderr_draws the column `accuracy_stderr` and T the column `test`.  A mean over draws is tested on
    the same T images every time, so that the second term is an upper bound on what other test images
    would change.  Rows of tables without `accuracy_stderr` get the second term alone.
    """
    accuracy, test = numbers(rows, "accuracy"), numbers(rows, "test")
    draws = np.nan_to_num(numbers(rows, "accuracy_stderr"))
    return 100 * accuracy, 100 * np.sqrt(draws**2 + accuracy * (1 - accuracy) / test)


def spread_is_known(rows: Sequence[dict[str, Any]]) -> bool:
    """Whether all rows have the standard error over draws."""
    return bool(np.isfinite(numbers(rows, "accuracy_stderr")).all())
