"""One model for two groups."""

import numpy as np

import collapse_theory as ct
from docs.statements.statement import Statement, Verdict, arxiv

SUBRAMONIAN = arxiv("Subramonian, Bell, Sagun, Dohmatob", "2410.17263")


def amplification(width: float, d: int, n: float, noises: tuple[float, float]) -> float:
    """Of two isotropic groups of equal size, one of twice the variance; nearly no ridge."""
    count = np.array([float(d)])
    groups = (ct.Source(n / 2, 2.0, noises[0]), ct.Source(n / 2, 1.0, noises[1], 0.3))
    problem = ct.Problem(groups, 1.0, 1e-9, width, multiplicities=count)
    return float(ct.bias_amplification(problem).amplification)


def transitions() -> dict[str, float]:
    """At and between the thresholds: d = 2 n, then n = 4 d."""
    many = {f"wide_{m}": amplification(m, 400, 200, (0.5, 0.5)) for m in (60, 100, 140, 200, 260)}
    return many | {f"low_{m}": amplification(m, 100, 400, (0.5, 0.2)) for m in (50, 90, 110, 200)}


STATEMENTS = (
    Statement(
        SUBRAMONIAN,
        "Bias amplification, the difference of two groups' errors under one model over that under two, changes its course at m = n/2, m = n and m = d",
        Verdict.CONFIRMED,
        transitions,
        "d = 400, n = 200, m = 60, 100, 140, 200, 260: {wide_60:.3f}, {wide_100:.4f}, {wide_140:.3f}, {wide_200:.1e}, {wide_260:.3f}; "
        "d = 100, n = 400, m = 50, 90, 110, 200: {low_50:.4f}, {low_90:.4f}, {low_110:.4f}, {low_200:.4f}",
        "tests/docs/test_groups.py::test_transitions",
    ),
)
