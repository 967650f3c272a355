"""The next order: what a model of finite size errs beyond its limit."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.checks import Number
from collapse_theory.equivalent import Groups, SolveError, Status, alike, solve, solved, stack
from collapse_theory.equivalent.expansion import (
    Derivatives,
    Expansion,
    Labels,
    derivatives,
    expand,
)
from collapse_theory.equivalent.m_matrix import log_determinant, solve_m_matrix
from collapse_theory.predict import excess_risk
from collapse_theory.problem import Problem
from collapse_theory.risk import Risk

HEAVIEST = 1e6  # excess kurtosis


def finite_size(problem: Problem, kurtosis: Number | None = None) -> Risk:
    """The term of relative order 1/d that `predict` leaves out, to be added to it part by part.

        d/dt d/deta (1/2) log det Hess_x Phi(x*(t, eta); t, eta)  at 0,

    the Gaussian fluctuation about the stationary point x* of the free energy Phi, whose value alone
    gives `predict`; what the sum of both leaves is O(1/d^2).  For Sigma = I without a ridge it is
    sigma^2 d / (n - d)^2, of the exact sigma^2 d / (n - d - 1).  Any number of sources, covariances,
    weights, width, moments; every ridge >= 0; O(d) or O(d^3) as `predict`, and as accurate.

    - `kurtosis`: excess kurtosis kappa_4 of independent feature entries (-2 for signs, 3 for Laplace),
      which are otherwise Gaussian.  It adds, to what is differentiated, -kappa_4 / 2 sum_k n_k
      (e_k / n)^2 sum_i [Sigma_k G + eta Sigma_k E rho_k rho_k^T]_ii^2, for diagonal covariances only.

    Terms may have either sign.  Where one is not small beside the limit, within about n^(1/2) samples
    of the interpolation threshold without a ridge, neither number is near the error of the finite model.

    Raises SolveError as `predict` does, and at the ridgeless threshold, where limit and term are
    infinite.  Inside `jit` or `vmap` the term is NaN there.  ValueError for a `kurtosis` that is not a
    number >= -2, or is given beside covariance matrices.
    """
    excess = None if kurtosis is None else _checked(problem, kurtosis)
    _, term, status = limit_and_term(problem, excess, alike(problem))
    known = checks.concrete(jnp.isnan(term.total))
    if known is not None and known.any() and bool(status.converged):
        raise SolveError(
            "there is no finite-size term without a ridge at the interpolation threshold: "
            "the risk is infinite"
        )
    return solved(term, status)


@eqx.filter_jit
def limit_and_term(
    problem: Problem, kurtosis: Float[Array, ""] | None = None, groups: Groups | None = None
) -> tuple[Risk, Risk, Status]:
    """`predict` and `finite_size` of one solution, without their guards: the term is NaN where it is not
    defined, and no number where `status.converged` is False is one to use."""
    equivalent = solve(stack(problem), groups)
    at, labels = expand(equivalent)
    terms = jax.vmap(lambda part: _term(at, part, kurtosis))(labels)
    term = Risk(*jnp.where(at.defined, terms, jnp.nan))
    return excess_risk(equivalent), term, equivalent.status


def _checked(problem: Problem, kurtosis: Number) -> Float[Array, ""]:
    if not problem.is_diagonal:
        raise checks.fail("kurtosis", kurtosis, "None, as covariances are matrices")
    return checks.number("kurtosis + 2", kurtosis + 2, most=HEAVIEST) - 2


def _term(at: Expansion, labels: Labels, kurtosis: Float[Array, ""] | None) -> Float[Array, ""]:
    """d/dt d/deta of the fluctuation along x*(t, eta), which moves by implicit differentiation."""
    origin, zero, one = jnp.zeros_like(at.slacks), jnp.array(0.0), jnp.array(1.0)

    def fluctuation(here: Derivatives) -> Float[Array, ""]:
        value = log_determinant(here.off_diagonal, here.row_sums) / 2
        if kurtosis is None:
            return value
        counts = jnp.where(at.free[:-1], at.counts, 1.0)
        squares = jnp.sum(jnp.einsum("kki->ki", here.links)[:-1] ** 2, axis=1)
        return value - kurtosis / 2 * jnp.sum(squares / counts)

    def along(t: Array, eta: Array, shift: Array) -> tuple[Array, Array]:
        here = derivatives(at, labels, shift, t, eta)
        return here.gradient, fluctuation(here)

    def moves(force: Array) -> Array:
        return -inverse @ force

    def slope(t: Array) -> tuple[Array, Array]:
        shift = t * by_t
        return jax.jvp(lambda eta: along(t, eta, shift + eta * by_eta), (zero,), (one,))[1]

    still = derivatives(at, labels, origin, zero, zero)
    inverse = solve_m_matrix(still.off_diagonal, still.row_sums, jnp.eye(len(origin)))
    by_t = moves(jax.jvp(lambda t: along(t, zero, origin)[0], (zero,), (one,))[1])
    by_eta = moves(jax.jvp(lambda eta: along(zero, eta, origin)[0], (zero,), (one,))[1])
    force, term = jax.jvp(slope, (zero,), (one,))[1]
    return term + jax.jvp(lambda shift: along(zero, zero, shift)[1], (origin,), (moves(force),))[1]
