"""The mixture theorem: fewer sources, the same risk; and its law for the price of wrong labels."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from tests.problems import parts, random_problem, replace


def split_again(mixed):
    """Bias, variance and zeta of a mixture, whose disagreement is a part of zeta."""
    noisy = mixed.problem.sources
    noises = [s.noise - wrong for s, wrong in zip(noisy, mixed.disagreement, strict=True)]
    both = []
    for values in (noises, mixed.disagreement):
        changed = [replace(s, noise=jnp.asarray(value)) for s, value in zip(noisy, values, strict=True)]
        both.append(ct.predict(replace(mixed.problem, sources=tuple(changed))))
    return jnp.stack([both[0].bias, both[0].variance, both[0].zeta + both[1].variance])


D = 30
WIDTHS = (None, 12.0, 70.0)
AXES = (
    [0.0, 0.01, 0.3, 1.0],  # p_2
    [20.0, 55.0, 1e4],  # n
    [1e-8, 1e-3, 0.1, 10.0],  # ridge
)


@pytest.fixture(scope="module")
def two_sources():
    rng = np.random.default_rng(3)
    Sigma, Gamma, Delta = rng.uniform(0.05, 2, D), *rng.uniform(0, 1, (2, D)) / D

    def problem(p2, width, n, ridge, c2=1.0):
        sources = (ct.Source((1 - p2) * n, Sigma, 0.3), ct.Source(p2 * n, Sigma, 0.3, c2 * Delta))
        return ct.Problem(sources, Gamma, ridge, width)

    return problem


@pytest.fixture(scope="module")
def in_144_settings(two_sources):
    """Parts of the risk, of the problem and of its mixture, by width, p_2, n and ridge."""

    @eqx.filter_jit
    def both(width, *settings):
        def at(p2, n, ridge):
            problem = two_sources(p2, width, n, ridge)
            risk = ct.predict(problem)
            whole = jnp.stack([risk.bias, risk.variance, risk.zeta])
            return whole, split_again(ct.mixture(problem, ((1, 2),)))

        return jax.vmap(at)(*settings)

    grid = [jnp.asarray(axis.ravel()) for axis in np.meshgrid(*AXES, indexing="ij")]
    found = [both(None if width is None else jnp.array(width), *grid) for width in WIDTHS]
    return np.array(found).transpose(1, 0, 2, 3).reshape(2, len(WIDTHS), *map(len, AXES), 3)


def test_one_source_in_144_settings(in_144_settings):
    problems, mixtures = in_144_settings
    assert problems[..., 0].size == 144
    gaps = np.abs(mixtures - problems).max(axis=-1) / problems.sum(axis=-1)
    assert gaps.max() < 1e-13


def test_the_law_in_144_settings(in_144_settings, two_sources):
    """zeta(p_2) = p_2^2 zeta(1) + p_1 p_2 c^2 V / sigma^2: two numbers serve all p_2."""
    problems, _ = in_144_settings
    source = two_sources(0.3, None, 20.0, 0.1).sources[1]
    c2 = float(jnp.sum(source.covariance * source.shift))
    p2 = np.array(AXES[0])[None, :, None, None]
    synthetic, variance, zeta = problems[:, -1:, ..., 2], problems[..., 1], problems[..., 2]
    law = p2**2 * synthetic + (1 - p2) * p2 * c2 * variance / 0.3
    assert (np.abs(law - zeta) / problems.sum(axis=-1)).max() < 1e-13


def test_a_problem_of_one_covariance_has_one_source_with_samples(two_sources):
    mixed = ct.mixture(two_sources(0.3, None, 40.0, 1e-3)).problem
    assert [float(s.n) for s in mixed.sources] == [0.0, 40.0]


@pytest.mark.parametrize(("width", "diagonal"), [(None, True), (4.0, True), (4.0, False)])
def test_three_sources_in_two_groups(diagonal, width):
    problem = random_problem(np.random.default_rng(7), d=6, sources=3, diagonal=diagonal, width=width)
    first, second, third = problem.sources
    third = replace(third, covariance=second.covariance, weight=second.weight)
    problem = replace(problem, sources=(first, second, third))
    mixed = ct.mixture(problem)
    assert len(mixed.problem.sources) == 2
    np.testing.assert_allclose(split_again(mixed), parts(ct.predict(problem)), rtol=1e-12)
    alike = replace(
        problem,
        sources=tuple(
            replace(s, covariance=first.covariance, weight=first.weight) for s in problem.sources
        ),
    )
    mixed = ct.mixture(alike)
    assert len(mixed.problem.sources) == 2  # the truth, and one that all are
    np.testing.assert_allclose(split_again(mixed), parts(ct.predict(alike)), rtol=1e-12)


def test_correlated_labels():
    rng = np.random.default_rng(2)
    K, d = 3, 5
    roots = rng.normal(size=(d, K, K))
    moments = np.einsum("dja,dka->jkd", roots, roots)
    Sigma = rng.uniform(0.2, 2, d)
    sources = [ct.Source(n, Sigma, noise) for n, noise in ((6, 0.1), (3, 0.2), (5, 0.4))]
    problem = ct.Problem(sources, None, 0.05, 4.0, moments=moments)
    np.testing.assert_allclose(split_again(ct.mixture(problem)), parts(ct.predict(problem)), rtol=1e-12)
    apart = ct.mixture(problem, groups=((1,), (2, 3)))
    np.testing.assert_allclose(split_again(apart), parts(ct.predict(problem)), rtol=1e-12)


def test_groups_are_needed_inside_jit(two_sources):
    problem = two_sources(0.3, 12.0, 40.0, 1e-3)

    @eqx.filter_jit
    def total(problem, groups):
        return ct.predict(ct.mixture(problem, groups).problem).total

    np.testing.assert_allclose(total(problem, ((1, 2),)), ct.predict(problem).total, rtol=1e-13)
    slopes = [
        jax.grad(lambda n, f=f: f(two_sources(0.3, 12.0, n, 1e-3)))(40.0)
        for f in (lambda p: total(p, ((1, 2),)), lambda p: ct.predict(p).total)
    ]
    np.testing.assert_allclose(*slopes, rtol=1e-10)
    with pytest.raises(ValueError, match="groups = None: expected the groups of sources"):
        jax.jit(lambda p: ct.predict(ct.mixture(p).problem).total)(problem)


@pytest.mark.parametrize("groups", [((1,),), ((1, 2), (2,)), ((0, 1),), ((1, 2), ()), 3])
def test_groups_hold_every_source_once(groups, two_sources):
    with pytest.raises(ValueError, match=r"groups = .*: expected groups that hold each of the sources"):
        ct.mixture(two_sources(0.3, None, 40.0, 1e-3), groups)
