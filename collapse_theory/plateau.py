"""Where more data of the same mixture lead: the plateau of the error and the size that reaches it."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optimistix as optx
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.checks import Number
from collapse_theory.equivalent import Status, solve, solved, stack
from collapse_theory.predict import excess_risk, predict_with_status
from collapse_theory.problem import Problem
from collapse_theory.risk import Risk

# log n from one sample to 10^30, in steps that no turn of a smooth error curve fits between.  Powers
# of sqrt(e) are never whole numbers: none is an interpolation threshold, where all parts are infinite.
LOG_SIZES = np.arange(0.0, 69.5, 0.5)
TOLERANCE = 1e-10  # of log n*


def at_size(problem: Problem, n: Number, ridge_exponent: Number = 0.0) -> Problem:
    """The same mixture at `n` samples in all: fractions p_k kept, lambda scaled by (n / n_before)^-l.

    `ridge_exponent` is l; 0 keeps the ridge.  Raises ValueError unless n > 0 and l >= 0.
    """
    size = checks.number("n", n, above=0)
    exponent = checks.number("ridge_exponent", ridge_exponent)
    growth = size / sum(source.n for source in problem.sources)

    def changing(problem: Problem) -> list:
        return [problem.ridge, *(source.n for source in problem.sources)]

    ridge, *counts = changing(problem)
    grown = [ridge * growth**-exponent, *(count * growth for count in counts)]
    return eqx.tree_at(changing, problem, grown)


def plateau(problem: Problem) -> Risk:
    """The risk as n -> infinity at fixed fractions p_k, ridge and width: exact, no large number.

    Every e_k tends to alpha_k and every trace over n to 0: what is left is the mean predictor, so
    the variance is 0, `bias` is what ridge and width leave of the signal, and `zeta` the price of
    synthetic labels that no amount of data lowers.  With one Sigma of full rank, no ridge and
    width >= d it is p_2^2 c^2 (for unit weights; paper, Corollary 1).

    Raises SolveError as `predict` does.
    """
    return solved(*_plateau(problem))


@eqx.filter_jit
def _plateau(problem: Problem) -> tuple[Risk, Status]:
    equivalent = solve(stack(problem)._replace(n=jnp.array(jnp.inf)))
    return excess_risk(equivalent), equivalent.status


def crossover(problem: Problem, ridge_exponent: Number = 0.0) -> Float[Array, ""]:
    """n*, the total sample size beyond which synthetic labels at least double the error for good.

        zeta(n) = bias(n) + variance(n) at n*,        zeta(n) > bias(n) + variance(n) for n > n*,

    along `at_size(problem, n, ridge_exponent)`; `problem`'s own n only says which ridge is meant.
    Where the error is A n^-r without synthetic data, n* = (A / plateau)^(1/r).  Of several crossings
    it is the last, as far as 10^30 samples and points half a unit of log n apart can tell: inf if
    zeta is the smaller part there (a plateau made of bias, or no synthetic data), 0 if it is the
    larger part from the first sample on.  Differentiable where finite and positive.

    Raises SolveError as `predict` does.
    """
    return solved(*_crossover(problem, checks.number("ridge_exponent", ridge_exponent)))


@eqx.filter_jit
def _crossover(problem: Problem, ridge_exponent: Float[Array, ""]) -> tuple[Float[Array, ""], Status]:
    def dominance(log_n, mixture):
        """(zeta - bias - variance) / total, 0 where there is no error at all, and the `Status`."""
        problem, ridge_exponent = mixture
        risk, status = predict_with_status(at_size(problem, jnp.exp(log_n), ridge_exponent))
        bias, variance, zeta = jax.tree.leaves(risk)
        return (zeta - bias - variance) / jnp.where(risk.total == 0, 1.0, risk.total), status

    mixture = (problem, ridge_exponent)
    fixed = jax.lax.stop_gradient(mixture)
    sizes = jnp.array(LOG_SIZES)  # here, as an import must not start JAX's devices
    values, statuses = jax.lax.map(lambda log_n: dominance(log_n, fixed), sizes)
    lost = ~(values > 0)
    last = len(sizes) - 1 - jnp.argmax(lost[::-1])
    bracket = {"lower": sizes[last], "upper": sizes[jnp.minimum(last + 1, len(sizes) - 1)]}
    root: optx.Solution = optx.root_find(
        dominance,
        optx.Bisection(rtol=0.0, atol=TOLERANCE, flip=False),  # type: ignore[call-arg]  # a ClassVar
        bracket["lower"],
        mixture,
        options=bracket,
        has_aux=True,
        throw=False,
    )
    statuses = jax.tree.map(jnp.append, statuses, root.aux)
    status = Status.worst(statuses)
    n_star = jnp.where(lost[-1], jnp.inf, jnp.exp(root.value))
    return jnp.where(lost.any(), n_star, 0.0), status
