"""The closed form: independent numbers and exact facts."""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import collapse_theory as ct
from collapse_theory.equivalent import newton
from tests import oracle
from tests.problems import parts, random_problem, replace

POINTS = json.loads((Path(__file__).parent / "reference_points.json").read_text())["points"]
seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=8, deadline=None, derandomize=True)
SHAPE = {"d": 6, "sources": 2}  # of all random problems: few programs to compile


@pytest.mark.parametrize("point", POINTS)
def test_reference_points(point):
    d = point["d"]

    def power(exponent):
        return np.arange(1, d + 1.0) ** -exponent

    sigma = [power(point[f"{kind}_exponent"]) for kind in ("real", "synthetic")]
    sigma = [s / s.mean() for s in sigma]
    signal, shift = power(point["signal_exponent"]), power(point["shift_exponent"])
    sources = (
        ct.Source(point["n_real"], sigma[0], point["noise"][0], 0.0, point["weights"][0]),
        ct.Source(
            point["n_synthetic"],
            sigma[1],
            point["noise"][1],
            point["quality"] * shift / (sigma[1] * shift).sum(),
            point["weights"][1],
        ),
    )
    problem = ct.Problem(sources, signal / (sigma[0] * signal).sum(), point["ridge"], point["width"])
    expected = [point["expected"][part] for part in ("bias", "variance", "zeta")]
    np.testing.assert_allclose(parts(ct.predict(problem)), expected, rtol=1e-8)


# Extremes of every scale, thresholds and near-thresholds; 1e-8 is what the solver's tolerance
# leaves where a threshold amplifies it.
@pytest.mark.parametrize("width", [None, 1, 2.5, 4, 4.0001, 7, 1e9])
@pytest.mark.parametrize("n", [1, 3.9999, 4, 4.0001, 60, 1e9])
@pytest.mark.parametrize("ridge", [1e-12, 1e-3, 1e4])
def test_sixty_digits(width, n, ridge):
    rng = np.random.default_rng(1)
    spectra = [np.array([1.0, 0.3, 1e-2, 1e-5]), np.array([0.5, 1.0, 2e-3, 3e-5])]
    sources = (
        ct.Source(0.7 * n, spectra[0], 0.3),
        ct.Source(0.3 * n, spectra[1], 0.1, rng.uniform(0.1, 1, 4), 0.6),
    )
    problem = ct.Problem(sources, rng.uniform(0.1, 1, 4), ridge, width)
    expected = np.array([float(value) for value in oracle.risk(problem)])
    floor = 1e-15 * expected.sum()  # no part is known beyond the rounding of the whole
    np.testing.assert_allclose(parts(ct.predict(problem)), expected, rtol=1e-8, atol=floor)


# One source saturates its own small space while the other interpolates: e_1 / e_2 goes to 0.
@pytest.mark.parametrize("width", [None, 12, 1e6])
@pytest.mark.parametrize("leak", [0.0, 1e-6])
@pytest.mark.parametrize("ridge", [1e-12, 1e-6])
def test_sixty_digits_for_sources_of_different_rank(width, leak, ridge):
    low_rank = np.where(np.arange(8) < 2, 1.0, leak)
    sources = (
        ct.Source(5, np.ones(8), 0.1),
        ct.Source(2.5, low_rank, 0.2, np.full(8, 0.25)),
    )
    problem = ct.Problem(sources, np.full(8, 0.1), ridge, width)
    expected = np.array([float(value) for value in oracle.risk(problem)])
    np.testing.assert_allclose(parts(ct.predict(problem)), expected, rtol=1e-8)


@pytest.mark.parametrize("width", [None, 3e3, 1e5, 1e6])
def test_isotropic_depends_on_ratios_only(width):
    def problem(scale):
        return ct.real_and_synthetic(
            n=4e4 * scale,
            synthetic_fraction=0.2,
            covariance=ct.spectra.isotropic(int(1e5 * scale)),
            quality=0.5,
            noise=0.1,
            ridge=1e-12,
            width=width and width * scale,
        )

    large, small = parts(ct.predict(problem(1))), parts(ct.predict(problem(1e-4)))
    np.testing.assert_allclose(large, small, rtol=1e-9)


@few
@given(seeds)
def test_matrices_agree_with_eigenvalues(seed):
    rng = np.random.default_rng(seed)
    problem = random_problem(rng, **SHAPE)
    basis = np.linalg.qr(rng.normal(size=(problem.dimension,) * 2))[0]

    def rotate(leaf):
        return basis @ np.diag(leaf) @ basis.T if leaf.ndim == 1 else leaf

    rotated = jax.tree.map(rotate, problem)
    np.testing.assert_allclose(parts(ct.predict(rotated)), parts(ct.predict(problem)), rtol=1e-9)


@few
@given(seeds)
def test_splitting_sources_changes_nothing(seed):
    problem = random_problem(np.random.default_rng(seed), diagonal=False, **SHAPE)
    first, *others = problem.sources
    halves = [replace(first, n=first.n * part) for part in (0.3, 0.7)]
    split = replace(problem, sources=(*halves, *others))
    np.testing.assert_allclose(parts(ct.predict(split)), parts(ct.predict(problem)), rtol=1e-9)


@few
@given(seeds, st.floats(0.01, 100))
def test_rescaling_features_changes_nothing(seed, scale):
    problem = random_problem(np.random.default_rng(seed), **SHAPE)
    sources = tuple(
        replace(s, covariance=scale * s.covariance, shift=s.shift / scale) for s in problem.sources
    )
    rescaled = replace(
        problem,
        sources=sources,
        signal=problem.signal / scale,
        ridge=scale * problem.ridge,
        test_covariance=scale * problem.test_covariance,
    )
    np.testing.assert_allclose(parts(ct.predict(rescaled)), parts(ct.predict(problem)), rtol=1e-9)


@few
@given(seeds)
def test_linear_in_signal_noise_and_shifts(seed):
    rng = np.random.default_rng(seed)
    problem = random_problem(rng, **SHAPE)
    factors = rng.uniform(0.1, 3, 3)
    sources = tuple(
        replace(s, noise=factors[1] * s.noise, shift=factors[2] * s.shift) for s in problem.sources
    )
    scaled = replace(problem, sources=sources, signal=factors[0] * problem.signal)
    np.testing.assert_allclose(
        parts(ct.predict(scaled)), factors * parts(ct.predict(problem)), rtol=1e-9
    )


@pytest.mark.parametrize("nothing", [{"synthetic_fraction": 0.0}, {"quality": 0.0}])
def test_nothing_synthetic_no_zeta(nothing):
    settings = {"n": 50, "synthetic_fraction": 0.3, "quality": 0.5, "noise": 0.1, "ridge": 0.01}
    covariance = ct.spectra.power_law(30, 1.0)
    assert ct.predict(ct.real_and_synthetic(covariance=covariance, **(settings | nothing))).zeta == 0


def test_wide_projection_is_the_classical_model():
    problem = random_problem(np.random.default_rng(0), width=None, **SHAPE)
    width = 1e9
    wide = replace(problem, width=jnp.array(width), ridge=problem.ridge * width / 6)
    np.testing.assert_allclose(parts(ct.predict(wide)), parts(ct.predict(problem)), rtol=1e-6)


def test_all_synthetic_is_one_source_with_another_truth():
    # p_2 = 1 and Sigma = I, no ridge, n > d: w_hat is unbiased for w_2, so zeta is c^2 exactly.
    problem = ct.real_and_synthetic(
        n=200,
        synthetic_fraction=1.0,
        covariance=ct.spectra.isotropic(50),
        quality=0.7,
        noise=0.1,
        ridge=0.0,
    )
    np.testing.assert_allclose(parts(ct.predict(problem)), [0, 0.1 * 50 / 150, 0.7], atol=1e-12)


def test_vmap_is_a_loop_and_compiles_once():
    @jax.jit
    @jax.vmap
    def curve(n, ridge):
        return ct.predict(
            ct.real_and_synthetic(
                n=n,
                synthetic_fraction=0.1,
                covariance=ct.spectra.power_law(30, 1.0),
                quality=0.5,
                noise=0.1,
                ridge=ridge,
                width=25,
            )
        ).total

    ns, ridges = jnp.geomspace(1, 1e6, 50), jnp.geomspace(1e-9, 1, 50)
    together = curve(ns, ridges)
    curve(2 * ns, ridges / 2)
    assert curve._cache_size() == 1
    alone = [curve(ns[i : i + 1], ridges[i : i + 1])[0] for i in range(0, 50, 7)]
    np.testing.assert_allclose(together[::7], alone, rtol=1e-12)


def test_an_unsolved_system_is_never_a_number(monkeypatch):
    monkeypatch.setattr(newton, "MAX_STEPS", 1)
    problem = ct.real_and_synthetic(
        n=25,
        synthetic_fraction=0.1,
        covariance=ct.spectra.power_law(31, 2.0),
        quality=0.5,
        noise=0.1,
        ridge=1e-9,
        width=33,
    )
    with pytest.raises(ct.SolveError, match="did not converge in 1 Newton steps"):
        ct.predict(problem)
    batch = jax.tree.map(lambda leaf: leaf[None], problem)
    assert np.isnan(parts(jax.vmap(ct.predict)(batch))).all()
