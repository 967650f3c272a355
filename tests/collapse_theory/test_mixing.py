"""Single-step mixing is what its objective says; a budget is spent to the last; Corollary 2's weight."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from collapse_theory.mixing import single_step_mixing, spend
from collapse_theory.optimum import best
from collapse_theory.paper import corollary_2_best_weight
from tests.problems import parts


def mixture(n=200.0, synthetic_fraction=0.3, width=None):
    return ct.real_and_synthetic(
        n=n,
        synthetic_fraction=synthetic_fraction,
        covariance=ct.spectra.power_law(17, 1.1),
        quality=0.4,
        noise=0.2,
        ridge=0.01,
        width=width,
        weight=0.7,
    )


def test_weights_are_those_of_the_objective():
    # (1 - a)/n_1 sum_real + a/n_2 sum_synthetic is (1/n) sum_k alpha_k sum_i of the same squares.
    a = 0.15
    sources = single_step_mixing(mixture(), a).sources
    of_one_square = [source.weight / 200 for source in sources]
    np.testing.assert_allclose(of_one_square, [(1 - a) / 140, a / 60], rtol=1e-14)


def test_the_fraction_is_the_weight_of_no_weighting():
    weights = [source.weight for source in single_step_mixing(mixture(), 0.3).sources]
    np.testing.assert_allclose(weights, 1, rtol=1e-14)


@pytest.mark.parametrize("width", [None, 30.0])
@pytest.mark.parametrize(("a", "left"), [(0.0, 0), (1.0, 1)])
def test_weight_of_one_source_only_is_that_source_alone(a, left, width):
    problem = mixture(width=width)
    alone = ct.real_and_synthetic(
        n=problem.sources[left].n,
        synthetic_fraction=left,
        covariance=problem.sources[0].covariance,
        quality=0.4,
        noise=0.2,
        ridge=0.01,
        width=width,
    )
    found = ct.predict(single_step_mixing(problem, a))
    np.testing.assert_allclose(parts(found), parts(ct.predict(alone)), rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("fraction", [0.0, 1.0])
def test_a_source_without_samples_has_no_weight(fraction):
    # The error is continuous there, and what it is made of has no NaN derivative.
    def mixed(fraction):
        return single_step_mixing(mixture(synthetic_fraction=fraction), 0.15)

    few = abs(fraction - 1e-9)
    none = ct.predict(mixed(fraction)).total
    np.testing.assert_allclose(none, ct.predict(mixed(few)).total, rtol=1e-6)
    slopes = jax.jacfwd(lambda x: [source.weight for source in mixed(x).sources])(fraction)
    assert np.isfinite(slopes).all()


def test_budget_is_spent():
    real, synthetic = spend(budget=900.0, share=0.3, real_cost=2.0, synthetic_cost=0.05)
    np.testing.assert_allclose(2.0 * real, 630, rtol=1e-14)
    np.testing.assert_allclose(0.05 * synthetic, 270, rtol=1e-14)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: single_step_mixing(mixture(), 1.5), r"^synthetic_weight = 1\.5: expected .*\[0, 1\]"),
        (
            lambda: single_step_mixing(ct.Problem((ct.Source(9, np.ones(3)),), 1.0, 0.1), 0.5),
            "^problem = 1 sources: expected two, real and synthetic$",
        ),
        (lambda: spend(-1.0, 0.5, 1.0, 1.0), "^budget = -1: expected a number > 0$"),
        (lambda: spend(1.0, -0.5, 1.0, 1.0), r"^share = -0\.5: expected a number in \[0, 1\]$"),
        (lambda: spend(1.0, 0.5, 0.0, 1.0), "^real_cost = 0: expected a number > 0$"),
        (lambda: spend(1.0, 0.5, 1.0, -2.0), "^synthetic_cost = -2: expected a number > 0$"),
    ],
)
def test_errors_name_the_argument(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_best_weight_tends_to_corollary_2():
    d, p2, sigma2, c2 = 17, 0.3, 0.2, 0.5
    spectrum = ct.spectra.isotropic(d)

    def problem_of(n, a):
        problem = ct.real_and_synthetic(
            n=n, synthetic_fraction=p2, covariance=spectrum, quality=c2, noise=sigma2, ridge=0.0
        )
        return single_step_mixing(problem, a)

    phi = 10.0 ** -jnp.arange(2.0, 6.0)
    curve = jax.jit(jax.vmap(lambda n: best(lambda a: problem_of(n, a), a=(1e-8, 1.0))))
    optimum = curve(d / phi)
    stated = np.array([corollary_2_best_weight(d=d, n=d / x, p2=p2, sigma2=sigma2, c2=c2) for x in phi])
    assert not optimum.on_edge["a"].any()
    gaps = np.abs(optimum.arguments["a"] / stated - 1)
    # The next order is phi times a constant of order 1 / p_1 p_2.  A minimum of this relative depth,
    # the weight itself, is found to the root of the rounding of the error over its depth.
    precision = np.sqrt(np.finfo(float).eps / stated)
    assert (gaps[1:] < 0.2 * gaps[:-1] + 10 * precision[1:]).all()
    assert gaps[0] > 10 * gaps[-1]
    # What a weight that small saves is that fraction of the error of the real data alone.
    alone = jax.jit(jax.vmap(lambda n: ct.predict(problem_of(n, 0.0)).total))(d / phi)
    np.testing.assert_allclose(1 - optimum.risk.total / alone, stated, rtol=0.2)
