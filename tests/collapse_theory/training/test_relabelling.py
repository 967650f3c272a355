"""Mixed labels: rows once labelled, the same rows relabelled, fresh rows, and the golden ratio."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from tests.problems import parts, replace

D, ROUNDS = 17, 4
GOLDEN = (np.sqrt(5) - 1) / 2


def labels(n=30.0, shift=0.4, ridge=0.05, noises=(0.5, 0.3), covariance=None, width=None):
    """Two labels of the same rows."""
    covariance = ct.spectra.power_law(D, 1.0) if covariance is None else covariance
    real, synthetic = noises
    sources = (ct.Source(n, covariance, real), ct.Source(n, covariance, synthetic, shift))
    return ct.Problem(sources, 1.0, ridge, width)


def test_one_round_is_linear_in_what_it_mixes():
    problem, a = labels(), 0.3
    unit = ct.predict(ct.label_mixing(labels(noises=(1.0, 1.0)), 0.0))
    all_synthetic = ct.predict(ct.label_mixing(problem, 1.0))
    expected = [
        unit.bias,
        (0.7**2 * 0.5 + 0.3**2 * 0.3) * unit.variance,
        0.3**2 * all_synthetic.zeta,
    ]
    np.testing.assert_allclose(parts(ct.predict(ct.label_mixing(problem, a))), expected, 1e-10)
    gain, cost = unit.variance, all_synthetic.zeta
    best = ct.best(lambda share: ct.label_mixing(problem, share), share=(0.0, 1.0))
    assert best.arguments["share"] == pytest.approx(float(0.5 * gain / (0.8 * gain + cost)), abs=1e-6)


def test_moments_of_mixed_labels():
    problem, a = labels(), 0.3
    one = ct.label_mixing(problem, a)
    Gamma = np.full(D, 1 / np.sum(ct.spectra.power_law(D, 1.0)))
    moments = Gamma * np.ones((2, 2, 1)) + 0.4 * Gamma * np.array([[0, 0], [0, 1.0]])[..., None]
    sources = [replace(source, shift=jnp.zeros(())) for source in problem.sources]
    other = ct.label_mixing(ct.Problem(sources, None, problem.ridge, moments=moments), a)
    np.testing.assert_allclose(parts(ct.predict(other)), parts(ct.predict(one)), 1e-10)


@pytest.mark.parametrize("rows", ["same", "fresh"])
def test_first_round(rows):
    problem = labels(width=25.0)
    first = parts(ct.relabelling(problem, ROUNDS, 0.6, rows=rows))[:, 0]
    np.testing.assert_allclose(first, parts(ct.predict(ct.label_mixing(problem, 0.6))), 1e-9)


def test_replacing_on_fresh_rows_is_generations():
    problem = labels(width=25.0)
    sources = (replace(problem.sources[0], n=jnp.zeros(())), problem.sources[1])
    expected = parts(ct.generations(replace(problem, sources=sources), ROUNDS))
    replaced = parts(ct.relabelling(problem, ROUNDS, rows="fresh"))
    np.testing.assert_allclose(replaced, expected, 1e-9)


def test_replacing_on_the_same_rows_is_noisy_self_distillation():
    """Students that learn the last labels alone, as `self_distillation`, and their noise over again."""
    problem = labels(shift=0.0)
    replaced = ct.relabelling(problem, ROUNDS)
    students = ct.self_distillation(ct.label_mixing(problem, 1.0), np.ones(ROUNDS - 1))
    np.testing.assert_allclose(replaced.bias, students.bias, 1e-9)
    np.testing.assert_allclose(replaced.variance, np.cumsum(students.variance), 1e-9)


def test_many_rounds():
    """Of isotropic features of endless data u is a number: sums of powers of 1 - u."""
    n, ridge, rounds = 1e9, 0.3, 60
    problem = labels(n, 0.0, ridge, covariance=np.ones(D))
    replaced = ct.relabelling(problem, rounds)
    learnt = (1 / (1 + ridge)) ** np.arange(1, rounds + 1)
    np.testing.assert_allclose(replaced.bias, (1 - learnt) ** 2, 1e-7)
    np.testing.assert_allclose(replaced.variance, 0.3 * D / n * np.cumsum(learnt**2), 1e-7)


def test_without_a_ridge():
    """The limit of small ridges."""
    for n in (8.0, 30.0):
        limit = ct.relabelling(labels(n, ridge=0.0), ROUNDS, 0.6)
        near = ct.relabelling(labels(n, ridge=1e-9), ROUNDS, 0.6)
        np.testing.assert_allclose(parts(near), parts(limit), 1e-5, 1e-7)
        assert limit.zeta[1] == pytest.approx(0.36 * limit.zeta[0])


@pytest.mark.parametrize(("rows", "n"), [("same", 8.0), ("same", 30.0), ("fresh", 30.0)])
def test_golden_ratio(rows, n):
    """The best real share in the end of equal noises: arXiv 2509.22341, without a limit of n and d.

    On fresh rows it is exact for n > d and isotropic features.
    """
    shares = jnp.linspace(0.36, 0.4, 401)
    problem = labels(n, ridge=0.0, noises=(0.3, 0.3), covariance=np.ones(D))
    ends = jax.vmap(lambda a: ct.relabelling(problem, 60, a, rows=rows).total[-1])(shares)
    assert 1 - float(shares[jnp.argmin(ends)]) == pytest.approx(GOLDEN, abs=1e-4)
    least = ct.relabelling(problem, 60, 1 - GOLDEN, rows=rows).variance[-1]
    first = ct.predict(ct.label_mixing(problem, 0.0)).variance
    assert least == pytest.approx(float(GOLDEN * first), rel=1e-9)


def test_with_a_ridge_real_labels_deserve_at_least_half():
    """arXiv 2509.22341: isotropic features, equal noises."""
    shares = jnp.linspace(0.0, 1.0, 41)
    for ridge in (1e-2, 1.0, 100.0):
        problem = labels(noises=(0.3, 0.3), shift=0.0, ridge=ridge, covariance=np.ones(D))
        ends = jax.vmap(lambda a, problem=problem: ct.relabelling(problem, 12, a).total[-1])(shares)
        assert float(shares[jnp.argmin(ends)]) <= 0.5


def test_errors():
    problem = labels()
    other = ct.Problem((problem.sources[0], ct.Source(31, problem.sources[1].covariance)), 1.0, 0.1)
    for function in (lambda p: ct.label_mixing(p, 0.5), lambda p: ct.relabelling(p, 2)):
        with pytest.raises(ValueError, match=r"n of source 2 = 31.*: expected that of source 1, 30"):
            function(other)
    with pytest.raises(ValueError, match="synthetic_share = 2: expected a number in"):
        ct.label_mixing(problem, 2.0)
    with pytest.raises(ValueError, match="share = 2: expected a number in"):
        ct.relabelling(problem, 2, 2.0)
    with pytest.raises(ValueError, match="rows = 'old': expected 'fresh' or 'same'"):
        ct.relabelling(problem, 2, rows="old")
