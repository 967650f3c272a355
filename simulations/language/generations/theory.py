"""The linear theory's growth of the error from round to round, for the same three kinds of chains."""

import numpy as np
from jaxtyping import Float

import collapse_theory as ct
from simulations.language.generations.chain import SYNTHETIC

SAMPLES_PER_DIMENSION = 10.0
DIMENSION = 100


def linear_growth(kind: str, rounds: int) -> Float[np.ndarray, " rounds_and_first"]:
    """E_t / E_0 of ridgeless regression with n = 10 d isotropic samples a round, t = 0, ..., rounds.

    Nothing is fitted: it shows in which order and how fast the three kinds of chains grow where data are
    plenty and every label is noisy,

        replace: 1 + t,   mix: about sum_i 4^-i -> 4/3,   accumulate: about sum_i 1/i^2 -> pi^2/6.

    `collapse_theory.generations`, and `accumulate` (Gerstgrasser et al., arXiv 2404.01413).
    """
    n = SAMPLES_PER_DIMENSION * DIMENSION
    fraction = SYNTHETIC if kind == "mix" else 1.0
    eigenvalues = np.ones(DIMENSION)
    sources = tuple(ct.Source(count, eigenvalues, 1.0) for count in ((1 - fraction) * n, fraction * n))
    problem = ct.Problem(sources, signal=1.0, ridge=0.0)
    series = ct.accumulate if kind == "accumulate" else ct.generations
    total = np.asarray(series(problem, rounds + 1).total)
    return total / total[0]
