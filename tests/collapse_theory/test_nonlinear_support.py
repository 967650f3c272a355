"""Which functions of a problem know an activation, and which say that they do not."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from tests.nonlinear_problem import EIGENVALUES, problem
from tests.problems import replace

MORE = {
    "rounds": 2,
    "ridges": None,
    "filter": ct.SpectralFilter.ridge(0.05),
    "times": 2.0,
    "steps": 3,
    "step": 0.1,
    "mix": 0.4,
    "synthetic_weight": 0.3,
    "synthetic_share": 0.3,
    "n": 50.0,
    "x": jnp.zeros(3),
    "training_errors": np.array([0.1, 0.2]),
    "learning_rates": np.full(3, 0.01),
    "real_samples": 10.0,
    "first_ridge": (0.1, 1.0),
    "second_ridge": (0.1, 1.0),
}
REFUSE = {"accumulate", "average_models", "best_schedule", "best_surrogate", "best_two_stage", "chain"}
REFUSE |= {"generations", "one_pass_sgd", "relabelling", "spread", "subsample", "two_stage"}
REFUSE |= {"classification_error", "classification_plateau", "label_quality", "required_verifier"}
KNOW = {"at_size", "best_distillation", "bias_amplification", "break_even", "compress", "crossover"}
KNOW |= {"diagnose", "finite_size", "free_energy", "generalised_cross_validation", "gradient_descent"}
KNOW |= {
    "gradient_flow",
    "group_risks",
    "iterated_ridge",
    "label_energy",
    "label_mixing",
    "marginal_risk",
}
KNOW |= {"mixture", "plateau", "predict", "risk_from_free_energy", "self_distillation", "source_errors"}
KNOW |= {"single_step_mixing", "spectral_filter", "stationary_point", "training_error", "zeta_by_source"}


def same_rows(activation):
    source = ct.Source(15.0, EIGENVALUES[0], 0.1)
    other = ct.Source(15.0, EIGENVALUES[0], 0.1, EIGENVALUES[4])
    return ct.Problem((source, other), EIGENVALUES[3], 1e-4, 40.0, activation=activation)


def functions_of_a_problem(names=ct.__all__):
    every = []
    for name in sorted(names):
        function = getattr(ct, name)
        if not inspect.isfunction(function) and not hasattr(function, "__wrapped__"):
            continue
        arguments = list(inspect.signature(function).parameters.values())
        if arguments and arguments[0].name in ("problem", "problems"):
            every.append(pytest.param(name, arguments, id=name))
    return every


def call(name, arguments, activation):
    needed = [p for p in arguments[1:] if p.default is p.empty and p.kind is not p.VAR_KEYWORD]
    options = {p.name: MORE[p.name] for p in needed}
    asked = same_rows(activation)
    return getattr(ct, name)([asked, asked] if arguments[0].name == "problems" else asked, **options)


@pytest.mark.parametrize(("name", "arguments"), functions_of_a_problem(REFUSE))
def test_what_is_known_for_linear_features_only_says_so(name, arguments):
    with pytest.raises(ValueError, match=r"activation = relu: expected None|width = 40"):
        call(name, arguments, jax.nn.relu)


@pytest.mark.parametrize(("name", "arguments"), functions_of_a_problem(KNOW))
def test_every_other_function_of_a_problem_knows_the_activation(name, arguments):
    nonlinear = call(name, arguments, jax.nn.relu)
    if isinstance(nonlinear, ct.Problem | ct.Mixture):
        kept = nonlinear if isinstance(nonlinear, ct.Problem) else nonlinear.problem
        assert kept.activation is jax.nn.relu
        return
    linear = call(name, arguments, None)
    pairs = zip(jax.tree.leaves(nonlinear), jax.tree.leaves(linear), strict=True)
    assert any(not np.array_equal(one, other) for one, other in pairs)


def test_every_function_of_a_problem_is_one_of_these():
    assert {parameter.id for parameter in functions_of_a_problem()} == REFUSE | KNOW


def test_best_searches_nonlinear_features():
    optimum = ct.best(lambda ridge: replace(problem(), ridge=ridge), ridge=(1e-3, 10.0))
    there = ct.predict(replace(problem(), ridge=optimum.arguments["ridge"]))
    assert float(optimum.risk.total) == pytest.approx(float(there.total), rel=1e-10)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"activation": 3}, "activation = 3: expected a function of arrays"),
        ({"width": None}, "activation = relu: expected None without a width"),
        ({"activation": jnp.abs}, "activation = .*: expected a function with E phi"),
        (
            {"activation": lambda u: u @ u},
            "activation = .*: expected a function that works entry by entry",
        ),
        (
            {"activation": lambda u: u * jnp.exp(u**2)},
            "activation = .*: expected a function of finite variance",
        ),
    ],
)
def test_what_cannot_be_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        problem(**changes)


def test_an_even_activation_is_no_number_inside_jit():
    def total(scale):
        even = ct.Problem(
            (ct.Source(30.0, scale * EIGENVALUES[0], 0.1),), 1.0, 0.05, 9.0, activation=jnp.abs
        )
        return ct.predict(even).total

    assert np.isnan(float(jax.jit(total)(1.0)))


def test_the_kurtosis_of_inputs_is_not_that_of_features():
    with pytest.raises(ValueError, match="activation = relu: expected None"):
        ct.finite_size(problem(), kurtosis=3.0)
