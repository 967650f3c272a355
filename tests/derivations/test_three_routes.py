"""Symbolic formula, numeric pencil and `collapse_theory.predict`: three routes to one number."""

import ast
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import collapse_theory as ct
from derivations.engine.numeric import NumericTrace
from derivations.engine.symbolic import SymbolicTrace
from derivations.groundwork.curves import value
from derivations.groundwork.setting import DELTA, GAMMA, SIGMA, d, lam, m, n, noise, p2
from derivations.theorems import theorem_1, theorem_2, two_sources
from derivations.theorems.unified import special_case

ROOT = Path(__file__).parents[2]
TOLERANCE = 1e-9
SIZE = 7
PARTS = {"B": "bias", "V_1": "variance", "V_2": "variance", "zeta": "zeta"}
MODELS = {"classical": theorem_1.expressions(), "projected": theorem_2.expressions()}


@cache
def compiled(model):
    """Pencil and derived formula of every part, compiled once."""
    return {name: (NumericTrace(f), SymbolicTrace(f, lam).value) for name, f in MODELS[model].items()}


@cache
def pencils(model):
    """Pencils of two sources with different covariances and weights, compiled once."""
    return {name: NumericTrace(f) for name, f in getattr(two_sources, model)().items()}


def drawn(seed):
    """Random numbers and spectra, on all sides of the thresholds."""
    rng = np.random.default_rng(seed)
    numbers = {
        "n": SIZE * 10 ** rng.uniform(-0.7, 1),
        "m": SIZE * 10 ** rng.uniform(-0.7, 1),
        "ridge": 10 ** rng.uniform(-3, 0),
        "p_2": rng.uniform(0.05, 0.95),
        "noise": rng.uniform(0, 1),
    }
    return numbers, *(rng.uniform(0.1, 2, SIZE) for _ in range(3))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("seed", range(12))
def test_three_routes_meet(model, seed):
    numbers, spectrum, signal, shift = drawn(seed)
    if model == "classical":
        del numbers["m"]
    problem = ct.Problem(
        (
            ct.Source((1 - numbers["p_2"]) * numbers["n"], spectrum, numbers["noise"]),
            ct.Source(numbers["p_2"] * numbers["n"], spectrum, numbers["noise"], shift),
        ),
        signal=signal,
        ridge=numbers["ridge"],
        width=numbers.get("m"),
    )
    predicted = ct.predict(problem)
    symbols = {
        n: numbers["n"],
        d: SIZE,
        p2: numbers["p_2"],
        lam: numbers["ridge"],
        noise: numbers["noise"],
    }
    symbols[m] = numbers.get("m", np.inf)
    by_pencil, by_formula = dict.fromkeys(PARTS.values(), 0.0), dict.fromkeys(PARTS.values(), 0.0)
    for name, (numeric, formula) in compiled(model).items():
        by_pencil[PARTS[name]] += float(
            numeric(symbols, {SIGMA: spectrum, GAMMA: signal, DELTA: shift}).value
        )
        by_formula[PARTS[name]] += value(formula, spectrum, signal, shift, **numbers)
    for part in ("bias", "variance", "zeta"):
        np.testing.assert_allclose(
            by_pencil[part], getattr(predicted, part), rtol=TOLERANCE, err_msg=part
        )
        np.testing.assert_allclose(
            by_formula[part], getattr(predicted, part), rtol=TOLERANCE, err_msg=part
        )


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("ridge", [1e-6, 1e-4])
def test_small_ridges_far_from_thresholds(model, ridge):
    # Unknowns are 1 / ridge^2 apart there: a badly scaled linear system once failed.
    spectrum, ones = np.linspace(0.1, 2, SIZE), np.ones(SIZE)
    for samples, width in ((80.0, 130.0), (3.0, 60.0), (60.0, 3.0)):
        symbols = {n: samples, m: width, d: SIZE, p2: 0.4, lam: ridge}
        sources = (ct.Source(0.6 * samples, spectrum), ct.Source(0.4 * samples, spectrum, 0.0, ones))
        wide = width if model == "projected" else None
        predicted = ct.predict(ct.Problem(sources, signal=1.0, ridge=ridge, width=wide)).zeta
        solution = compiled(model)["zeta"][0](symbols, {SIGMA: spectrum, DELTA: ones})
        assert solution.converged
        np.testing.assert_allclose(solution.value, predicted, rtol=TOLERANCE)


@pytest.mark.parametrize(("model", "width"), [("classical", None), ("wide", 5.0), ("wide", 12.0)])
def test_matrices_that_do_not_commute(model, width):
    """Covariances and weights in different bases: only numbers reach these, from pencil and theory."""
    rng = np.random.default_rng(int(width or 0))

    def psd(scale=1.0):
        drawn = rng.normal(size=(SIZE, SIZE))
        return scale * drawn @ drawn.T / SIZE

    covariances, signal, shift = (psd(), psd()), psd(), psd()
    fraction, samples, ridge, weights, sigma2 = 0.3, 10.0, 0.05, (0.8, 1.5), (0.4, 0.9)
    problem = ct.Problem(
        (
            ct.Source((1 - fraction) * samples, covariances[0], sigma2[0], weight=weights[0]),
            ct.Source(fraction * samples, covariances[1], sigma2[1], shift, weights[1]),
        ),
        signal=signal,
        ridge=ridge,
        width=width,
    )
    predicted = ct.predict(problem)
    numbers = {n: samples, d: SIZE, p2: fraction, lam: ridge, m: width or np.inf}
    numbers |= {two_sources.noise_1: sigma2[0], two_sources.noise_2: sigma2[1]}
    numbers |= {two_sources.alpha_1: weights[0], two_sources.alpha_2: weights[1]}
    matrices = {two_sources.SIGMA_1: covariances[0], two_sources.SIGMA_2: covariances[1]}
    matrices |= {GAMMA: signal, DELTA: shift}
    for name, pencil in pencils(model).items():
        np.testing.assert_allclose(
            pencil(numbers, matrices).value,
            getattr(predicted, PARTS.get(name, "variance")),
            rtol=TOLERANCE,
        )


def test_the_unified_form_and_theorem_2_are_one_function():
    numbers, spectrum, signal, shift = drawn(0)
    unified, explicit = special_case(wide=True), theorem_2.THEOREM_2
    for one, other in zip(unified.named(), explicit.named(), strict=True):
        np.testing.assert_allclose(
            value(one[1], spectrum, signal, shift, **numbers),
            value(other[1], spectrum, signal, shift, **numbers),
            rtol=TOLERANCE,
        )


@pytest.mark.parametrize(
    ("package", "forbidden"),
    [
        ("derivations", ("collapse_theory", "simulations")),
        ("collapse_theory", ("derivations", "simulations")),
    ],
)
def test_the_routes_are_independent(package, forbidden):
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] in forbidden], path
