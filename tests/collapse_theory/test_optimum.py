"""Best settings against fine grids and a known optimum.

Compilation is what takes time here: two programs serve all cases, which they map over.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from collapse_theory.mixing import single_step_mixing
from collapse_theory.optimum import best

D = 17
ROUNDING = 1e-12  # relative
# The slope at a minimum of rounded values whose curvature is of order one.
LEVEL = 10 * np.sqrt(np.finfo(float).eps)


def stacked(cases):
    return {name: jnp.array([case[name] for case in cases], dtype=float) for name in cases[0]}


def total(problem):
    return ct.predict(problem).total


# One argument t: settings are those of a case times t to the power that it says.

LINE = (1e-4, 1e4)
FINE = np.geomspace(*LINE, 2_001)
NEUTRAL = {"n": 40.0, "noise": 0.3, "quality": 0.5, "weight": 1.0, "ridge": 0.01, "width": 1e12}
NEUTRAL |= {"t_weight": 0.0, "t_ridge": 0.0, "t_width": 0.0}
RIDGELESS = {"t_width": 1.0, "ridge": 0.0, "noise": 0.05}
LINES = {
    "weight": {"t_weight": 1.0},
    "weight, clean labels": {"t_weight": 1.0, "noise": 0.0, "quality": 3.0, "ridge": 0.0},
    "weight, without effect": {"t_weight": 1.0, "n": 12.0, "ridge": 0.0},
    "weight, never finite": {"t_weight": 1.0, "n": float(D), "ridge": 0.0},
    "ridge": {"t_ridge": 1.0, "width": 30.0},
    "width": {"t_width": 1.0, "width": 10.0, "n": 9.0},
    "width, beyond the peak": RIDGELESS | {"width": 14.0, "n": 14.0, "quality": 0.05},
    "width, before the peak": RIDGELESS | {"width": 14.0, "n": 14.0},
    "width, low peak": {"t_width": 1.0, "width": 16.0, "n": 16.0, "ridge": 1e-4, "noise": 0.01},
    "width and ridge": {"t_width": -0.5, "width": 10.0, "n": 30.0, "t_ridge": 1.0},
}
CASES = stacked([NEUTRAL | case for case in LINES.values()])
traced = []


def on_line(case, t):
    traced.append(t)
    settings = {name: case[name] * t ** case[f"t_{name}"] for name in ("weight", "ridge", "width")}
    return ct.real_and_synthetic(
        n=case["n"],
        synthetic_fraction=0.3,
        covariance=ct.spectra.power_law(D, 1.1),
        quality=case["quality"],
        noise=case["noise"],
        **settings,
    )


@jax.jit
@jax.vmap
def best_on_line(case):
    return best(lambda t: on_line(case, t), t=LINE)


@pytest.fixture(scope="module")
def fine():
    errors = jax.jit(jax.vmap(lambda case: jax.vmap(lambda t: total(on_line(case, t)))(FINE)))(CASES)
    return dict(zip(LINES, np.asarray(errors), strict=True))


@pytest.fixture(scope="module")
def found():
    optima = best_on_line(CASES)

    def log_error(log_t, case):
        return jnp.log(total(on_line(case, jnp.exp(log_t))))

    slopes = jax.jit(jax.vmap(jax.grad(log_error)))(jnp.log(optima.arguments["t"]), CASES)
    columns = (optima.arguments["t"], optima.risk.total, optima.on_edge["t"], slopes)
    return dict(zip(LINES, zip(*map(np.asarray, columns), strict=True), strict=True))


@pytest.mark.parametrize("name", [name for name in LINES if name != "weight, never finite"])
def test_no_worse_than_a_fine_grid_and_level(name, fine, found):
    t, error, on_edge, slope = found[name]
    assert error <= np.nanmin(fine[name]) * (1 + ROUNDING)
    if on_edge:
        assert t in LINE
        assert slope * (1 if t == LINE[0] else -1) >= 0
    else:
        assert abs(slope) < LEVEL


def test_edges(found):
    # Labels without noise leave other labels nothing to add; two widths are best without a bound.
    assert {name for name, (_, _, on_edge, _) in found.items() if on_edge} == {
        "weight, clean labels",
        "width",
        "width, beyond the peak",
    }
    assert found["weight, clean labels"][0] == LINE[0]


def test_both_sides_of_double_descent(fine, found):
    for name in ("width, beyond the peak", "width, before the peak"):
        peak = fine[name].argmax()
        assert np.isinf(fine[name][peak])
        assert fine[name][:peak].min() < fine[name][0]  # a minimum on the near side in any case
    assert found["width, before the peak"][0] < 1 < found["width, beyond the peak"][0]


def test_infinite_everywhere(fine, found):
    assert np.isinf(fine["weight, never finite"]).all()
    assert found["weight, never finite"][1] == np.inf


def test_other_numbers_are_the_same_program(found):
    count = len(traced)
    noisier = best_on_line(CASES | {"noise": CASES["noise"] + 0.1})
    assert len(traced) == count
    assert noisier.risk.total[0] > found["weight"][1]


# Two arguments: the weight of single-step mixing (a linear range) and a ridge (a logarithmic one).

PLANE = {"a": (0.0, 1.0), "ridge": (1e-4, 10.0)}
FLAT, STEEP = ct.spectra.isotropic(D), ct.spectra.power_law(D, 1.1)
PLANES = {
    "equal labels": {"n": 40.0, "noise": 0.3, "quality": 0.0, "covariance": FLAT},
    "equal labels, no noise": {"n": 40.0, "noise": 1e-5, "quality": 0.0, "covariance": FLAT},
    "equal labels, all noise": {"n": 40.0, "noise": 40.0, "quality": 0.0, "covariance": FLAT},
    "other labels": {"n": 60.0, "noise": 0.2, "quality": 0.5, "covariance": STEEP},
    "few samples": {"n": 9.0, "noise": 0.1, "quality": 0.1, "covariance": STEEP},
}
FRACTION = 0.3


def in_plane(case, a, ridge):
    problem = ct.real_and_synthetic(synthetic_fraction=FRACTION, ridge=ridge, **case)
    return single_step_mixing(problem, a)


@pytest.fixture(scope="module")
def planes():
    def best_and_slope(case):
        def at_noise(noise):
            optimum = best(partial(in_plane, case | {"noise": noise}), **PLANE)
            return optimum.risk.total, optimum

        (_, optimum), slope = jax.value_and_grad(at_noise, has_aux=True)(case["noise"])
        return optimum, slope

    answers = jax.jit(jax.vmap(best_and_slope))(stacked(list(PLANES.values())))
    return {name: jax.tree.map(lambda leaf, i=i: leaf[i], answers) for i, name in enumerate(PLANES)}


def known_ridge(case):
    # Sigma = I, Gamma = I/d: the best ridge is sigma^2 d / (n tr Gamma) (Dobriban and Wager 2018).
    return case["noise"] * D / case["n"]


def test_known_optimum(planes):
    # Labels of one function are best weighed alike.
    optimum, _ = planes["equal labels"]
    np.testing.assert_allclose(optimum.arguments["a"], FRACTION, rtol=1e-7)
    np.testing.assert_allclose(
        optimum.arguments["ridge"], known_ridge(PLANES["equal labels"]), rtol=1e-7
    )
    assert not any(optimum.on_edge.values())


@pytest.mark.parametrize(("name", "edge"), [("no noise", 0), ("all noise", 1)])
def test_best_ridge_outside_its_range(name, edge, planes):
    name = f"equal labels, {name}"
    beyond = known_ridge(PLANES[name])
    assert beyond < PLANE["ridge"][0] or beyond > PLANE["ridge"][1]
    optimum, _ = planes[name]
    assert optimum.arguments["ridge"] == PLANE["ridge"][edge]
    assert optimum.on_edge["ridge"]
    assert not optimum.on_edge["a"]


@pytest.mark.parametrize("name", PLANES)
def test_derivative_is_that_at_fixed_arguments(name, planes):
    # There the risk is linear in the noise.
    optimum, slope = planes[name]
    np.testing.assert_allclose(slope, optimum.risk.variance / PLANES[name]["noise"], rtol=1e-9)


@pytest.mark.parametrize("name", ["other labels", "few samples"])
def test_no_worse_than_a_fine_grid_of_two(name, planes):
    grid = jnp.meshgrid(jnp.linspace(*PLANE["a"], 100), jnp.geomspace(*PLANE["ridge"], 100))
    error = jax.jit(jax.vmap(lambda a, ridge: total(in_plane(PLANES[name], a, ridge))))
    fine = np.asarray(error(*(axis.ravel() for axis in grid)))
    found = planes[name][0].risk.total
    assert found <= fine.min() * (1 + ROUNDING)
    # The best of a fine grid is as far above the minimum as a step is squared.
    assert found > fine.min() * (1 - 0.01)


# What is wrong, and what cannot be solved.


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        ({}, "^ranges = none: expected the range"),
        ({"ridge": (1.0, 1.0)}, r"^range of ridge = \(1\.0, 1\.0\): expected two finite numbers"),
        ({"ridge": (0.1, np.inf)}, r"^range of ridge = \(0\.1, inf\): expected two finite"),
        ({"ridge": 0.1}, r"^range of ridge = 0\.1: expected two finite numbers"),
        ({"ridge": (0.1, 1.0, 2.0)}, r"^range of ridge = \(0\.1, 1\.0, 2\.0\): expected two finite"),
        ({"ridge": (-1.0, 1.0)}, "^ridge = -1: expected a number >= 0$"),
        ({"a": (0.0, 1.5)}, r"^synthetic_weight = 1\.5: expected a number in \[0, 1\]$"),
    ],
)
def test_bad_ranges(ranges, message):
    def problem_of(a=0.5, ridge=0.1):
        return in_plane(PLANES["other labels"], a, ridge)

    with pytest.raises(ValueError, match=message):
        best(problem_of, **ranges)


def test_not_a_problem():
    with pytest.raises(
        ValueError,
        match=r"^problem_of\(\.\.\.\) = .*: expected a Problem, or a Problem and a SpectralFilter$",
    ):
        best(lambda t: t, t=(0.0, 1.0))


def test_what_cannot_be_solved_raises():
    # Without a ridge one source interpolates and the other has more samples than its rank.
    wide, narrow = np.ones(4), np.array([1.0, 0.0, 0.0, 0.0])

    def problem_of(noise):
        return ct.Problem((ct.Source(2, wide, noise), ct.Source(5, narrow, noise, 0.1)), 1.0, 0.0)

    with pytest.raises(ct.SolveError, match="did not converge"):
        ct.predict(problem_of(0.1))
    with pytest.raises(ct.SolveError, match="did not converge"):
        best(problem_of, noise=(0.1, 1.0))
