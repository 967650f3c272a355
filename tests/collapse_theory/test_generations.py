"""Generations of models: a literal oracle, known limits, and simulations."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from simulations import simulate_generations
from tests.problems import ALARM, PARTS, parts, random_problem

# For all random problems, and for all isotropic ones: few programs to compile.
ROUNDS, D = 5, 60
MANY = 600


def isotropic(phi, fraction, quality=0.0, noise=0.3, d=50, **settings):
    """Isotropic features without a ridge, n = d / phi."""
    settings = {"covariance": ct.spectra.isotropic(d), "ridge": 0.0, "noise": noise} | settings
    return ct.real_and_synthetic(n=d / phi, synthetic_fraction=fraction, quality=quality, **settings)


def literal(problem, rounds):
    """Total errors by the recursion of D = E[w_hat w_1^T] and C = E[w_hat w_hat^T], nothing rearranged.

    Eigenvalues only; the fixed point by damped iteration.
    """
    real, synthetic = problem.sources
    Sigma = np.array([real.covariance, synthetic.covariance])
    test = Sigma[0] if problem.test_covariance is None else np.asarray(problem.test_covariance)
    n_k, alpha = np.array([real.n, synthetic.n]), np.array([real.weight, synthetic.weight])
    noise = np.array([real.noise, synthetic.noise])
    n, d, ridge = n_k.sum(), Sigma.shape[1], float(problem.ridge)
    p = n_k / n
    m = np.inf if problem.width is None else float(problem.width)
    e, nu = alpha.copy(), ridge if np.isinf(m) else ridge * d / m
    for _ in range(20_000):
        A = (p * e) @ Sigma
        G = 1 / (A + nu)
        e = 0.5 * e + 0.5 * alpha / (1 + alpha / n * (Sigma @ G))
        if np.isfinite(m):
            nu = 0.5 * nu + 0.5 * (ridge * d / m + nu / m * np.sum(A * G))

    def sandwich(B):
        extra = 0.0
        if np.isfinite(m):
            extra = nu**2 / m * np.sum(B * G**2) / (1 - np.sum((A * G) ** 2) / m)
        return G * (B + extra) * G

    P = (p * e)[:, None] * Sigma
    Gamma = np.asarray(problem.signal)
    D, C = Gamma, Gamma + np.asarray(synthetic.shift)  # of round 1's synthetic labels
    found = []
    for _ in range(rounds):
        moments = [[Gamma, D], [D, C]]
        Q = sum(P[j] * moments[j][k] * P[k] for j in (0, 1) for k in (0, 1))

        def bias(listener, k, moments=moments, Q=Q):
            cross = sum(P[j] * moments[j][k] for j in (0, 1))
            return np.sum(listener * (sandwich(Q) - 2 * G * cross + moments[k][k]))

        T = [[p[j] * e[j] ** 2 / n * np.sum(s * sandwich(Sigma[j])) for j in (0, 1)] for s in Sigma]
        E = np.linalg.solve(np.eye(2) - T, noise + [bias(Sigma[k], k) for k in (0, 1)])
        scatter = sum(p[k] * e[k] ** 2 * E[k] / n * sandwich(Sigma[k]) for k in (0, 1))
        found.append(bias(test, 0) + np.sum(test * scatter))
        D = G * sum(P[j] * moments[j][0] for j in (0, 1))
        C = sandwich(Q) + scatter
    return np.array(found)


@pytest.mark.parametrize("seed", range(4))
def test_literal_recursion(seed):
    width = [None, 30.0, 40.5, None][seed]
    problem = random_problem(np.random.default_rng(seed), d=D, sources=2, width=width)
    found = ct.generations(problem, ROUNDS).total
    np.testing.assert_allclose(found, literal(problem, ROUNDS), rtol=1e-8)


def test_first_round_is_the_problem():
    problem = random_problem(np.random.default_rng(5), d=D, sources=2, width=30.0)
    for theory in (ct.generations, ct.accumulate):
        first = jax.tree.map(lambda risk: risk[0], theory(problem, ROUNDS))
        np.testing.assert_allclose(parts(first), parts(ct.predict(problem)), rtol=1e-10)


def test_rotating_everything_changes_nothing():
    rng = np.random.default_rng(6)
    problem = random_problem(rng, d=D, sources=2, width=30.0)
    Q = np.linalg.qr(rng.normal(size=(D, D)))[0]
    turned = eqx.tree_at(
        lambda p: [s.covariance for s in p.sources] + [p.sources[1].shift, p.signal, p.test_covariance],
        problem,
        replace_fn=lambda leaf: (Q * np.asarray(leaf)[None]) @ Q.T,
    )
    for theory in (ct.generations, ct.accumulate):
        one, other = theory(problem, ROUNDS), theory(turned, ROUNDS)
        np.testing.assert_allclose(parts(other), parts(one), rtol=1e-9)


def test_replacing_grows_by_the_same_error_every_round():
    """sigma^2 d / (n - d - 1) a round (Gerstgrasser et al.), at large d."""
    phi, t = 0.25, np.arange(1, MANY + 1)
    found = ct.generations(isotropic(phi, 1.0, noise=0.3), MANY)
    np.testing.assert_allclose(found.variance, 0.3 * phi / (1 - phi) * t, rtol=1e-12)
    np.testing.assert_allclose(found.bias + found.zeta, 0, atol=1e-12)


def test_accumulating_is_bounded():
    """At most pi^2/6 of the first round, and less at every finite n."""
    phi, rounds = 0.25, MANY
    found = ct.accumulate(isotropic(phi, 1.0), rounds).total
    t = np.arange(1, rounds + 1)
    np.testing.assert_allclose(found, 0.3 * np.cumsum(phi / (t * (t - phi))), rtol=1e-10)
    assert found[-1] < np.pi**2 / 6 * found[0]
    many = ct.accumulate(isotropic(1e-6, 1.0), rounds).total
    # The rest of sum 1/t^2 after T terms is 1/T - 1/(2 T^2) + O(T^-3).
    bound = np.pi**2 / 6 - 1 / rounds + 1 / (2 * rounds**2)
    np.testing.assert_allclose(many[-1] / many[0], bound, rtol=1e-5)


def test_accumulating_labels_of_the_same_rows():
    """Without a ridge label noise of round i is averaged over i labels, and nothing else changes."""
    settings = {"covariance": ct.spectra.power_law(50, 1.2)}
    squares = np.cumsum(1 / np.arange(1.0, MANY + 1) ** 2)
    for phi in (0.25, 4.0):
        problem = isotropic(phi, 1.0, quality=0.5, **settings)
        first, risk = ct.predict(problem), ct.accumulate(problem, MANY, rows="same")
        np.testing.assert_allclose(risk.variance, first.variance * squares, rtol=1e-10)
        np.testing.assert_allclose(risk.bias + risk.zeta, first.bias + first.zeta, rtol=1e-10)
    # Fresh rows of the same number each round are better.
    assert (ct.accumulate(isotropic(0.25, 1.0), MANY).total[1:] < 0.1 * squares[1:]).all()


def test_a_noise_of_many_labels_is_that_of_their_mean():
    """With a ridge too: i labels of one input, of equal weight, are one label of noise sigma^2 / i."""
    problem = random_problem(np.random.default_rng(9), d=D, sources=2, width=40.0)
    steps = np.diff(ct.accumulate(problem, ROUNDS, rows="same").variance)
    for i, step in enumerate(steps, start=2):
        weight, noise = (getattr(problem.sources[1], name) for name in ("weight", "noise"))
        later = eqx.tree_at(
            lambda p: [p.sources[0].noise, p.sources[1].noise, p.sources[1].weight],
            problem,
            [jnp.array(0.0), noise / i, i * weight],
        )
        np.testing.assert_allclose(step, ct.predict(later).variance / i, rtol=1e-9)


def test_accumulating_shares_the_variance_of_theorem_2():
    """V_i is 1/i of the variance of a model trained on all i n samples with the ridge lambda / i."""
    settings = {"covariance": ct.spectra.power_law(50, 1.2), "ridge": 1e-2, "width": 30.0}
    found = ct.accumulate(isotropic(0.25, 1.0, **settings), 4)

    def variance(i):
        later = isotropic(0.25 / i, 1.0, **(settings | {"ridge": 1e-2 / i}))
        return ct.predict(later).variance

    expected = [variance(i) / i for i in (1, 2, 3, 4)]
    np.testing.assert_allclose(found.variance, np.cumsum(expected), rtol=1e-10)
    assert (found.bias == found.bias[0]).all()


@pytest.mark.parametrize("phi", [0.01, 0.4, 0.7])
def test_iterative_mixing_ends_at_a_multiple_of_the_clean_error(phi):
    """Corollary 3 with fresh data: 4 (1 - phi) / (3 - 4 phi), four thirds as phi -> 0."""
    found = ct.generations(isotropic(phi, 0.5, quality=2.0), MANY)
    clean = ct.predict(isotropic(phi, 0.0)).total
    np.testing.assert_allclose(found.total[-1] / clean, 4 * (1 - phi) / (3 - 4 * phi), rtol=1e-9)
    assert found.zeta[-1] < 1e-9


def test_mixing_forever_diverges_with_too_few_samples():
    """The recursion contracts only for phi < 3/4."""
    found = ct.generations(isotropic(0.8, 0.5, quality=1.0), MANY).total
    assert found[39] > 2 * found[20] > 4 * found[0]


def test_an_error_beyond_float64_is_infinite():
    # The second moment grows by a factor > 1 a round, faster the closer to the threshold.
    risk = ct.generations(isotropic(0.99, 1.0, quality=1.0, ridge=0.0, noise=1e30), MANY)
    assert np.isfinite(risk.total[:5]).all()
    shrinking = isotropic(0.999, 0.5, quality=1.0)
    risk = ct.generations(shrinking, MANY)
    assert not np.isnan(parts(risk)).any()
    last = int(np.flatnonzero(np.isfinite(risk.total))[-1])
    assert last < 399
    assert risk.total[last] > 1e250
    assert np.isinf(risk.total[last + 1 :]).all()


def test_golden_ratio():
    """The best weight of the real half under fresh mixing tends to 1 / golden ratio as d/n -> 0.

    arXiv 2502.18049 and 2509.22341; the approach is linear in phi.
    """

    real = jnp.linspace(0.6, 0.64, 4001)

    @jax.jit
    def limits(phi):
        def limit(a):
            # Of isotropic problems only d/n matters.
            problem = ct.single_step_mixing(isotropic(phi, 0.5, d=5), 1 - a)
            return ct.generations(problem, 100).total[-1]

        return jax.vmap(limit)(real)

    def distance(phi):
        return float(real[jnp.argmin(limits(phi))]) - (np.sqrt(5) - 1) / 2

    gaps = np.abs([distance(phi) for phi in (0.02, 0.01)])
    assert gaps[0] < 0.02
    # Half of it at half the phi, up to the spacing of the grid.
    assert abs(gaps[0] - 2 * gaps[1]) < 0.1 * gaps[0] + 3e-5


@pytest.mark.parametrize("keep", ["nothing", "all", "all, same"])
@pytest.mark.parametrize("diagonal", [True, False])
def test_simulation(keep, diagonal):
    keep, rows = keep.removesuffix(", same"), "same" if keep.endswith("same") else "fresh"
    rng = np.random.default_rng(8)
    problem = random_problem(rng, d=D, sources=2, diagonal=diagonal, width=40.0)
    problem = eqx.tree_at(
        lambda p: [p.sources[0].n, p.sources[1].n, p.ridge],
        problem,
        [jnp.array(80.0), jnp.array(60.0), jnp.array(0.05)],
    )
    accumulated = partial(ct.accumulate, rows=rows)
    theory = (accumulated if keep == "all" else ct.generations)(problem, ROUNDS)
    found = simulate_generations(problem, ROUNDS, seeds=300, keep=keep, rows=rows)
    for part in PARTS:
        mean, stderr, expected = (getattr(r, part) for r in (found.mean, found.stderr, theory))
        # A finite-size term of 3 / d, as in tests/simulations.
        allowed = ALARM * stderr + 3 / D * np.asarray(expected)
        assert (np.abs(mean - expected) < allowed).all(), part


def test_threshold_is_infinite():
    found = ct.generations(isotropic(1.0, 0.5), MANY)
    assert np.isinf(found.variance).all()
    assert np.isinf(ct.accumulate(isotropic(1.0, 0.5), MANY).total).all()


def test_one_vmap_over_sample_sizes():
    def curve(n):
        problem = ct.real_and_synthetic(
            n=n,
            synthetic_fraction=0.5,
            covariance=ct.spectra.power_law(50, 1.0),
            quality=0.5,
            noise=0.1,
            ridge=1e-3,
            width=20,
        )
        return ct.generations(problem, 3).total

    n = jnp.array([30.0, 100.0, 1000.0])
    np.testing.assert_allclose(jax.vmap(curve)(n), [curve(value) for value in n], rtol=1e-9)


@pytest.mark.parametrize("theory", [ct.generations, ct.accumulate])
def test_errors(theory):
    problem = isotropic(0.5, 0.5)
    with pytest.raises(ValueError, match="rounds = 0: expected a whole number >= 1"):
        theory(problem, 0)
    with pytest.raises(ValueError, match=r"sources = 1 sources: expected two"):
        theory(ct.Problem(problem.sources[:1], 1.0, 0.1), 2)
    with pytest.raises(ValueError, match="rows = 'old': expected 'fresh' or 'same'"):
        ct.accumulate(problem, 2, rows="old")
