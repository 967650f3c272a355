"""One-pass SGD: every batch enumerated, known limits, plateaus, JAX transformations, errors."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from tests.oracle_sgd import enumerated
from tests.problems import parts, random_problem

D, STEPS = 12, 400  # one shape: few programs to compile


def columns(risk):
    """Bias, variance and zeta after every step, shape (steps + 1, 3)."""
    return np.stack([risk.bias, risk.variance, risk.zeta], axis=-1)


def correlated(problem, rng):
    """The same with labelling vectors that are correlated."""
    K, d = len(problem.sources), problem.dimension
    factors = rng.normal(size=(K, d, 2 * d))
    moments = np.einsum("jax,kbx->jkab", factors, factors) / d
    if problem.is_diagonal:
        moments = np.einsum("jkaa->jka", moments)
    sources = [ct.Source(s.n, s.covariance, s.noise, 0.0, s.weight) for s in problem.sources]
    return ct.Problem(sources, None, problem.ridge, None, problem.test_covariance, moments)


# d, sources, whether covariances are diagonal, labelling vectors correlated, batch, m, whether a start.
CASES = {
    "eigenvalues": (3, 3, True, False, 1, None, True),
    "matrices": (3, 2, False, True, 1, None, True),
    "eigenvalues, correlated, batches": (2, 2, True, True, 2, None, False),
    "matrices, batches": (2, 2, False, False, 2, None, False),
    "projected, narrow": (3, 2, True, False, 1, 2, True),
    "projected, wide, batches": (2, 2, False, True, 2, 3, True),
    "one source": (3, 1, True, False, 1, None, False),
}


@pytest.mark.parametrize("case", CASES)
def test_every_batch_enumerated(case):
    d, K, diagonal, moments, batch, m, started = CASES[case]
    rng = np.random.default_rng(sum(map(ord, case)))
    problem = random_problem(rng, d=d, sources=K, diagonal=diagonal, width=None)
    if moments:
        problem = correlated(problem, rng)
    rates, probabilities = rng.uniform(0.05, 0.4, 3), rng.dirichlet(np.ones(K), 3)
    S = None if m is None else rng.normal(size=(d, m)) / np.sqrt(d)
    start = rng.normal(size=m or d) if started else None
    risk = ct.one_pass_sgd(problem, rates, probabilities, batch=batch, start=start, projection=S)
    expected = enumerated(problem, rates, probabilities, batch, start, S)
    np.testing.assert_allclose(columns(risk), expected, rtol=1e-12, atol=1e-14)


def two_sources(quality=0.2, noise=1.0, fraction=0.5, ridge=0.0, **settings):
    """The paper's sources in a dozen features."""
    return ct.real_and_synthetic(
        n=100,
        synthetic_fraction=fraction,
        covariance=ct.spectra.power_law(D, 1.0),
        quality=quality,
        noise=noise,
        ridge=ridge,
        **settings,
    )


def constant(value, steps=STEPS):
    return np.full(steps, value)


def different(ridge):
    """Two sources that differ in everything, correlated."""
    problem = random_problem(np.random.default_rng(3), d=D, sources=2, width=None, ridge=ridge)
    return correlated(problem, np.random.default_rng(4))


def test_small_steps_end_on_the_plateau_of_ridge_regression():
    """The gap is the step size times a constant: half of it at half the step."""
    problem = different(0.1)

    def settled(rate):
        risk = columns(ct.one_pass_sgd(problem, constant(rate, 40_000)))
        np.testing.assert_allclose(risk[-1], risk[-5000], rtol=1e-6)
        return risk[-1]

    limit = parts(ct.plateau(problem))
    ratio = (settled(0.004) - limit) / (settled(0.002) - limit)
    # What is of second order in the step is a few per cent of the gap.
    np.testing.assert_allclose(ratio, 2.0, rtol=0.05)


def test_small_steps_follow_gradient_flow():
    """At time t = steps * rate in the direction of eigenvalue s: e^(-st), and p_2 of the shift."""
    problem, time, p_2 = two_sources(noise=0.0), 3.0, 0.3
    spectrum = np.asarray(problem.sources[0].covariance)
    left = np.exp(-spectrum * time)
    signal, shift = spectrum / spectrum.sum(), 0.2 * spectrum / spectrum.sum()
    flow = np.array([signal @ left**2, p_2**2 * shift @ (1 - left) ** 2])

    def gap(steps):
        risk = ct.one_pass_sgd(problem, constant(time / steps, steps), p_2)
        assert not np.asarray(risk.variance).any()
        return columns(risk)[-1, [0, 2]] - flow

    np.testing.assert_allclose(gap(10_000) / gap(20_000), 2.0, rtol=0.01)


def test_endless_batches_are_gradient_descent():
    problem, rng = different(0.1), np.random.default_rng(6)
    rates, fractions, start = rng.uniform(0, 0.3, STEPS), rng.uniform(0, 1, STEPS), rng.normal(size=D)
    risk = ct.one_pass_sgd(problem, rates, fractions, batch=1e20, start=start)
    covariances = [np.asarray(source.covariance) for source in problem.sources]
    weights = [float(source.weight) for source in problem.sources]
    # w = own * start + sum_k of_k * w_k, coordinate by coordinate.
    own, of = np.ones(D), np.zeros((2, D))
    for rate, p_2 in zip(rates, fractions, strict=True):
        pulls = np.array([1 - p_2, p_2])[:, None] * np.array(weights)[:, None] * covariances
        keep = 1 - rate * (pulls.sum(axis=0) + 0.1)
        own, of = keep * own, keep * of + rate * pulls
    error = of - np.array([[1], [0]])
    moments = np.asarray(problem.moments)
    whole = np.einsum("ji,ki,jki->i", error, error, moments)
    bias = (own * start) ** 2 + error.sum(axis=0) ** 2 * moments[0, 0]
    test = np.asarray(problem.test_covariance)
    expected = [test @ bias, 0.0, test @ (whole + (own * start) ** 2 - bias)]
    np.testing.assert_allclose(columns(risk)[-1], expected, rtol=1e-10, atol=1e-12)


def test_mixed_data_have_a_plateau_and_real_data_last_have_none():
    problem, steps = two_sources(), 40_000
    rates = 2 / (np.arange(steps) + 40)
    mixed, endless = (ct.one_pass_sgd(problem, rates[:n], 0.5) for n in (steps, steps // 10))
    last = np.arange(steps) >= steps // 2
    staged = ct.one_pass_sgd(problem, np.concatenate([rates[: steps // 2]] * 2), 1.0 - last)
    floor = 0.5**2 * 0.2
    assert mixed.zeta[-1] > 0.95 * floor
    assert abs(mixed.zeta[-1] - floor) < abs(endless.zeta[-1] - floor)
    assert staged.zeta[steps // 2] > 0.15
    assert staged.total[-1] < 0.03 * floor


def test_multiplicities_are_directions_written_out():
    rng = np.random.default_rng(7)
    counts = np.array([1, 3, 2])
    vectors = rng.uniform(0.1, 1, (4, 3))
    start = rng.normal(size=3)

    def problem(repeated, multiplicities):
        covariances, other, shift, signal = vectors[:, repeated]
        sources = (ct.Source(1, covariances, 0.3), ct.Source(1, other, 0.5, shift))
        return ct.Problem(sources, signal, 0.1, multiplicities=multiplicities)

    entries, directions = np.arange(3), np.repeat(np.arange(3), counts)
    few = ct.one_pass_sgd(problem(entries, counts), constant(0.05), 0.4, start=start)
    many = ct.one_pass_sgd(problem(directions, None), constant(0.05), 0.4, start=start[directions])
    np.testing.assert_allclose(columns(few), columns(many), rtol=1e-12)


def test_a_compressed_spectrum():
    whole = ct.real_and_synthetic(
        n=1,
        synthetic_fraction=0.3,
        covariance=ct.spectra.power_law(1000, 1.2),
        quality=0.5,
        noise=0.2,
        ridge=0.0,
    )
    small = ct.compress(whole)
    assert small.entries < 100
    few, many = (ct.one_pass_sgd(problem, constant(0.1, 3000)) for problem in (small, whole))
    np.testing.assert_allclose(columns(few), columns(many), rtol=1e-12)


@pytest.mark.parametrize("projected", [False, True])
def test_any_basis(projected):
    """Matrices that commute are diagonalised, start included; a projection turns with them."""
    problem, rng = different(0.1), np.random.default_rng(8)
    Q = np.linalg.qr(rng.normal(size=(D, D)))[0]

    def turn(vector):
        return (Q * np.asarray(vector)[..., None, :]) @ Q.T

    sources = [ct.Source(s.n, turn(s.covariance), s.noise, 0.0, s.weight) for s in problem.sources]
    test = turn(problem.test_covariance)
    dense = ct.Problem(sources, None, 0.1, None, test, turn(problem.moments))
    S, start = None, rng.normal(size=D)
    if projected:
        S, start = rng.normal(size=(D, 5)), rng.normal(size=5)
    rates, fractions = constant(0.02, 50), rng.uniform(0, 1, 50)
    one = ct.one_pass_sgd(problem, rates, fractions, start=start, projection=S)
    turned_start, turned_S = (Q @ start, None) if S is None else (start, Q @ S)
    other = ct.one_pass_sgd(dense, rates, fractions, start=turned_start, projection=turned_S)
    np.testing.assert_allclose(columns(other), columns(one), rtol=1e-11)


def test_too_long_steps_diverge_to_infinity():
    risk = ct.one_pass_sgd(two_sources(), constant(3.0), 0.5)
    assert not np.isnan(columns(risk)).any()
    assert np.isfinite(risk.total[10])
    assert np.isinf(risk.total[-1])


def test_one_vmap_over_schedules_and_its_derivatives():
    problem, rng = two_sources(), np.random.default_rng(9)
    rates, fractions = rng.uniform(0, 0.3, (3, STEPS)), rng.uniform(0.2, 0.8, (3, STEPS))

    def last(rates, fractions):
        return ct.one_pass_sgd(problem, rates, fractions).total[-1]

    each = [last(*schedule) for schedule in zip(rates, fractions, strict=True)]
    np.testing.assert_allclose(jax.jit(jax.vmap(last))(rates, fractions), each, rtol=1e-12)
    slopes = jax.grad(last, (0, 1))(jnp.asarray(rates[0]), jnp.asarray(fractions[0]))
    for which in (0, 1):
        for step in (0, STEPS - 1):
            change = np.zeros((2, STEPS))
            change[which, step] = 1e-5
            up, down = (
                last(rates[0] + sign * change[0], fractions[0] + sign * change[1]) for sign in (1, -1)
            )
            np.testing.assert_allclose(slopes[which][step], (up - down) / 2e-5, rtol=1e-5, atol=1e-11)


def test_derivatives_in_the_problem_pass():
    def last(quality):
        return ct.one_pass_sgd(two_sources(quality), constant(0.05), 0.5).total[-1]

    # Linear in c^2.
    slope = float(last(1.0) - last(0.0))
    np.testing.assert_allclose(jax.grad(last)(0.3), slope, rtol=1e-9)


def test_what_is_left_out_is_the_problem_s():
    problem = two_sources(fraction=0.3)
    named = ct.one_pass_sgd(problem, constant(0.1), 0.3)
    np.testing.assert_allclose(columns(ct.one_pass_sgd(problem, constant(0.1))), columns(named))
    both = np.stack([constant(0.7), constant(0.3)], axis=1)
    np.testing.assert_allclose(columns(ct.one_pass_sgd(problem, 0.1, both)), columns(named))
    assert named.total.shape == (STEPS + 1,)


TWO, THREE = two_sources(), random_problem(np.random.default_rng(1), d=4, sources=3, width=None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((TWO, constant(-0.1)), "learning_rates = .* expected numbers >= 0"),
        ((TWO, 0.1), "learning_rates = 0.1: expected an array with a rate for every step"),
        ((TWO, 0.1, 0.5), "learning_rates = 0.1: expected an array with a rate for every step"),
        ((TWO, np.ones((2, 2))), "learning_rates = an array of shape .2, 2.: expected numbers >= 0"),
        ((TWO, constant(0.1), np.full(3, 0.5)), "synthetic_fractions = 3 steps: expected 400, as"),
        ((TWO, constant(0.1), 1.5), r"synthetic_fractions = 1.5: expected numbers in \[0, 1\]"),
        ((TWO, constant(0.1), np.ones((STEPS, 2))), "synthetic_fractions = .* sum to 1"),
        ((THREE, constant(0.1), 0.5), r"synthetic_fractions = .* expected an array \(steps, 3\)"),
        ((TWO, constant(0.1), np.full((STEPS, 4), 0.25)), "synthetic_fractions = an array of shape"),
    ],
)
def test_bad_schedules(arguments, message):
    with pytest.raises(ValueError, match=message):
        ct.one_pass_sgd(*arguments)


WIDE = two_sources(width=5)
COUNTED = ct.Problem((ct.Source(1, np.ones(2)),), 1.0, 0.0, multiplicities=np.array([2.0, 3.0]))


@pytest.mark.parametrize(
    ("problem", "settings", "message"),
    [
        (TWO, {"batch": 0.5}, "batch = 0.5: expected a number of samples >= 1"),
        (TWO, {"start": np.ones(3)}, "start = an array of shape .3,.: expected a vector of length 12"),
        (WIDE, {}, "width = 5.* expected None, or projection=S"),
        (WIDE, {"projection": np.ones((D, 4))}, "projection = .* expected 5 columns, the width"),
        (TWO, {"projection": np.ones((5, D))}, "projection = .* expected a matrix of 12 rows"),
        (TWO, {"projection": np.ones((D, 2)), "start": np.ones(D)}, "start = .* of length 2"),
        (COUNTED, {"projection": np.ones((2, 2))}, "projection = .* None, as there are multiplicities"),
    ],
)
def test_bad_settings(problem, settings, message):
    with pytest.raises(ValueError, match=message):
        ct.one_pass_sgd(problem, constant(0.1), **settings)
