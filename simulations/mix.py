"""Which items of a data set are synthetic: one rule for every sample size, so that sets are nested."""

import numpy as np
from jaxtyping import Bool


def synthetic_count(fraction: float, n: int) -> int:
    """n_2, which is p_2 n rounded."""
    return int(_rounded(fraction, np.array(n)))


def is_synthetic(fraction: float, n: int) -> Bool[np.ndarray, " n"]:
    """Whether item i is synthetic: whenever p_2 i, rounded, has grown by one.

    Every prefix of the items has its right share, and none depends on n.
    """
    return np.diff(_rounded(fraction, np.arange(n + 1))) > 0


def _rounded(fraction: float, n: np.ndarray) -> np.ndarray:
    return np.floor(fraction * n + 0.5)
