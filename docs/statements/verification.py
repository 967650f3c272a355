"""Verified synthetic labels."""

import numpy as np

import collapse_theory as ct
from docs.statements.statement import Statement, Verdict, arxiv

FENG = arxiv("Feng, Dohmatob, Yang, Charton, Kempe", "2406.07515")
PHI, PSI = 0.9, 0.3


def synthetic(n: float, shift: float) -> ct.Problem:
    """Isotropic synthetic data alone, without a ridge."""
    covariance = ct.spectra.isotropic(100)
    return ct.Problem((ct.Source(0.0, covariance), ct.Source(n, covariance, 0.0, shift)), 1.0, 0.0)


def breakdown() -> dict[str, float]:
    """Random errors on both sides of p*; another function's, kept by a perfect verifier."""

    def flipped(n: float, p: float) -> float:
        labels = ct.SignLabels(), ct.SignLabels(p, ct.Verifier(PHI, PSI))
        return float(ct.classification_error(synthetic(n, 0.0), labels))

    sides = {
        f"{name}_{size}": flipped(n, p)
        for name, p in (("below", 0.7), ("above", 0.8))
        for size, n in (("few", 1e3), ("many", 1e7))
    }
    perfect = ct.SignLabels(), ct.SignLabels(0.0, ct.Verifier(1.0, 0.0))
    other = synthetic(1e3, float(np.tan(np.pi / 4)) ** 2)
    halved = {
        "other": float(ct.classification_plateau(other)),
        "verified": float(ct.classification_plateau(other, perfect)),
    }
    return sides | halved | {"p": 1 / (1 + PSI / PHI), "at": flipped(1e3, 1 / (1 + PSI / PHI))}


STATEMENTS = (
    Statement(
        FENG,
        "Of labels of which a share p is wrong a verifier keeps right ones with probability φ, wrong ones with ψ: trained on endless kept ones a "
        "classifier is perfect if p < p* = 1/(1 + ψ/φ), and always wrong if p > p* (theirs: two Gaussian classes)",
        Verdict.EXCEPTION,
        breakdown,
        "signs of a linear function, Σ = I, d = 100, φ = 0.9, ψ = 0.3 (p* = {p:.2f}): as stated where labels err at random: with p = 0.7 the "
        "error is {below_few:.3f} at n = 10³ and {below_many:.4f} at 10⁷, with 0.8 {above_few:.3f} and {above_many:.4f}, at p* {at:.4f}; the "
        "exception are errors of another function, whose kept inputs are no longer Gaussian: it errs in {other:.3f}, and what is "
        "trained on endless labels of it that a perfect verifier keeps in {verified:.3f}",
        "tests/collapse_theory/classification/test_error.py::test_breakdown_point",
    ),
)
