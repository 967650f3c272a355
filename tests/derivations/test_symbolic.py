"""Formulas from pencils: normal forms, resolvents, the same symbols at every run."""

import os
import subprocess
import sys

import sympy as sp

from derivations.engine.eliminate import substitute
from derivations.engine.symbolic import SymbolicTrace
from derivations.engine.traces import Algebra, tr
from derivations.groundwork.setting import (
    DELTA,
    M1,
    SIGMA,
    d,
    lam,
    p2,
)
from tests.derivations.expressions import Q


def test_a_matrix_without_a_ridge_keeps_its_inverse():
    derived = SymbolicTrace(DELTA * SIGMA.I * Q, lam)
    shifts = [
        polynomial - sp.Symbol("Sigma", positive=True) for _, polynomial in derived.algebra.resolvents
    ]
    assert sorted(map(str, shifts)) == ["0", "kappa'"]  # 1 / Sigma has none
    assert substitute(SymbolicTrace(SIGMA.I * M1).value - d * (1 - p2), {}) == 0


def test_normal_form_knows_the_resolvent():
    Sigma, R, shift = sp.symbols("Sigma R kappa", positive=True)
    algebra = Algebra((Sigma,), ((R, Sigma + shift),), d)
    left = tr(Sigma**2 / (Sigma + shift) ** 3)
    right = tr(R) - 2 * shift * tr(R**2) + shift**2 * tr(R**3)
    assert substitute(algebra.normal_form(left - right), {}) == 0
    assert substitute(algebra.normal_form(left - right + tr(R) / 10**9), {}) != 0


def test_normal_form_knows_how_two_resolvents_are_related():
    Sigma, other, R, S, one, two = sp.symbols("Sigma Pi R S kappa mu", positive=True)
    algebra = Algebra((Sigma,), ((R, Sigma + one), (S, Sigma + two)), d)
    identity = tr(R * S) - (tr(R) - tr(S)) / (two - one)
    assert substitute(algebra.normal_form(identity), {}) == 0
    assert substitute(algebra.normal_form(identity + tr(S) / 10**9), {}) != 0
    pair = Algebra((Sigma, other), ((R, Sigma + one * other + 1), (S, Sigma + two * other + 1)), d)
    assert substitute(pair.normal_form(tr(other * R * S) - (tr(R) - tr(S)) / (two - one)), {}) == 0


def test_every_run_finds_the_same_symbols_in_the_same_order():
    script = (
        "from derivations.engine.symbolic import SymbolicTrace\n"
        "from derivations.theorems.theorem_2 import expressions, lam\n"
        "trace = SymbolicTrace(expressions()['zeta'], lam)\n"
        "print(trace.equations, trace.merged, trace.solution, trace.value)"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert "kappa" in outputs.pop()
