"""The variance of an estimate, from the estimates without a twentieth of the rows and without a tenth.

The jackknife that leaves out one of g groups at a time is biased upward (Efron and Stein, Annals of
Statistics 9, 1981): what an estimate owes to pairs of rows counts twice.  For

    T_g = mu + (1/g) sum_i a_i + (1/g^2) sum_(i<j) b_ij,     a, b of mean 0 and uncorrelated,

    Var T_g = Var a / g + (g - 1) Var b / (2 g^3),
    E (g - 1)/g sum_i (T_(i) - T_(.))^2 = Var a / g + (g - 2) Var b / (g (g - 1)^2),

and second differences tell Var b, since in them mu and a cancel:

    q_ij = g T_g - (g - 1) (T_(i) + T_(j)) + (g - 2) T_(ij) = b_ij / g + smaller multiples of other b .

A forecast owes much to pairs: the errors that it carries over are squares of what was learnt from the
same rows.
"""

import numpy as np
from jaxtyping import Float

GROUPS = 20  # left out one after the other


def kept() -> Float[np.ndarray, "replicates groups"]:
    """1 for groups that are in, 0 for those left out: none, each, each with the next one in a ring.

    A ring's pairs tell the mean square of all pairs' second differences, at a tenth of the cost.
    """
    one = np.eye(GROUPS)
    return 1 - np.concatenate([np.zeros((1, GROUPS)), one, one + np.roll(one, 1, axis=1)])


def variance(replicates: Float[np.ndarray, " replicates"]) -> float:
    """The variance of an estimate, from its replicates in the order of `kept`.

    Of an estimate that owes everything to pairs of rows, the bias is one half of the jackknife's
    variance (g large), and no more is subtracted.  Where the rows without a pair of groups tell nothing
    (NaN) or are missing, nothing is: the variance is then too large rather than too small.
    """
    jackknife = _jackknife(replicates)
    bias = _bias(replicates)
    return jackknife - min(bias, jackknife / 2) if np.isfinite(bias) else jackknife


def _jackknife(replicates: Float[np.ndarray, " replicates"]) -> float:
    """(g - 1)/g sum_i (T_(i) - T_(.))^2."""
    g, alone = GROUPS, replicates[1 : 1 + GROUPS]
    return (g - 1) / g * float(np.sum((alone - alone.mean()) ** 2))


def _bias(replicates: Float[np.ndarray, " replicates"]) -> float:
    """What pairs of rows add to it beyond their share: an estimate of Var b, times the factors' gap."""
    g, alone, pairs = GROUPS, replicates[1 : 1 + GROUPS], replicates[1 + GROUPS :]
    if not len(pairs):
        return np.nan
    q = g * replicates[0] - (g - 1) * (alone + np.roll(alone, -1)) + (g - 2) * pairs
    # E q^2 over Var b: of b_ij itself, of pairs that share i or j, of all others.
    share = (1 + 2 * (g - 2) / (g - 1) ** 2 + 2 * (g - 3) / ((g - 1) ** 2 * (g - 2))) / g**2
    return float(np.mean(q**2)) / share * ((g - 2) / (g * (g - 1) ** 2) - (g - 1) / (2 * g**3))
