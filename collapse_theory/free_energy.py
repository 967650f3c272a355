"""The whole theory in one line: the risk is a directional derivative of a convex function."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.equivalent import Model, Moments, Status, solve, solved, stack
from collapse_theory.equivalent.algebra import (
    Matrix,
    add_diagonal,
    diagonal,
    identity,
    inverse,
    product,
)
from collapse_theory.problem import Problem
from collapse_theory.risk import Risk

Unknowns = Float[Array, " unknowns"]
Scalar = Float[Array, ""]


def free_energy(
    problem: Problem, x: Unknowns, t: Scalar | float = 0.0, eta: Scalar | float = 0.0
) -> Scalar:
    """Phi(x; t, eta), the limit of the mean log-determinant of the data, labels as one more column.

        Phi = log det(A + t Sigma_test + nu) + sum_k n_k (e_k / alpha_k - log e_k)
              + (m - d) log nu + lambda d / nu + eta q(x, t),        A = sum_k p_k e_k Sigma_k

    x = (log e_1 .. log e_K, log nu), without log nu in the classical model, where nu = lambda and the
    second line is eta q alone; t is a strength of the test set among the data, eta a scale of the
    labels, q is `label_energy`.  At eta = 0 it is convex in x, its only stationary point is the
    deterministic equivalent (paper, Theorem 2: e and tau), and

        risk = d/dt q(x*(t), t)  at t = 0,

    bias, variance and zeta at once, as q is linear in (Gamma, sigma_k^2, Delta_k).  Weights and ridge
    must be > 0.  Of nonlinear features A is that of their Gaussian equivalent, with
    their own noise as one more direction (`equivalent.nonlinear`); test_covariance must be None then.
    The half logarithm of det Hess_x Phi gives the next order (`finite_size`).
    """
    model = _stacked(problem)
    return _phi(model, x, t) + eta * _q(model, model.label_moments, model.noises, x, t)


def label_energy(problem: Problem, x: Unknowns, t: Scalar | float = 0.0) -> Scalar:
    """q(x, t), what is left of the labels' energy, E over the labelling vectors only:

    q = sum_k p_k e_k (tr Sigma_k C_kk + sigma_k^2) + t tr Sigma_test C_11
        - E[u^T (A + t Sigma_test + nu)^-1 u],
    u = sum_k p_k e_k Sigma_k w_k + t Sigma_test w_1,        C_jk = E[w_j w_k^T] .
    """
    model = _stacked(problem)
    return _q(model, model.label_moments, model.noises, x, t)


def stationary_point(problem: Problem) -> Unknowns:
    """x* at t = eta = 0, for a ridge > 0: the logarithms of e_1 .. e_K and, with a width, of nu.

    Raises SolveError as `predict` does.
    """
    return solved(*_stationary_point(problem))


def risk_from_free_energy(problem: Problem) -> Risk:
    """`predict`, by differentiating Phi as it stands: a second route to the same numbers.

    dq/dt along x*(t), which moves by -(Hess_x Phi)^-1 d/dt grad_x Phi.  Needs a ridge > 0, and loses the
    digits that `predict` takes care of where the ridge is small.  Raises SolveError as `predict` does.
    """
    return _risk(problem, stationary_point(problem))


@eqx.filter_jit
def _stationary_point(problem: Problem) -> tuple[Unknowns, Status]:
    equivalent = solve(_stacked(problem))
    logs = jnp.log(equivalent.scale * jnp.append(equivalent.e, equivalent.nu))
    return logs[: len(equivalent.e) + (problem.width is not None)], equivalent.status


@eqx.filter_jit
def _risk(problem: Problem, x: Unknowns) -> Risk:
    model, zero, one = _stacked(problem), jnp.array(0.0), jnp.array(1.0)

    def gradient(t: Scalar) -> Unknowns:
        return jax.grad(lambda x: _phi(model, x, t))(x)

    moves = -jnp.linalg.solve(
        jax.hessian(lambda x: _phi(model, x, zero))(x), jax.jvp(gradient, (zero,), (one,))[1]
    )

    def slope(labels: Moments, noises: Float[Array, " K"]) -> Scalar:
        return jax.jvp(lambda x, t: _q(model, labels, noises, x, t), (x, zero), (moves, one))[1]

    silent = jnp.zeros_like(model.noises)
    return Risk(
        slope(model.signal_moments, silent), slope({}, model.noises), slope(model.shift_moments, silent)
    )


def _stacked(problem: Problem) -> Model:
    """The model, whose unknowns are those of the sources: a nonlinear one's test set is a source."""
    if problem.activation is not None and problem.test_covariance is not None:
        expected = "None: the free energy of nonlinear features is tested on source 1"
        raise checks.fail("test_covariance", "an array", expected)
    return stack(problem)


def _phi(model: Model, x: Unknowns, t: Scalar | float) -> Scalar:
    e, nu = _unknowns(model, x)
    inner, n_k = _inner(model, e, nu, t), model.n * model.fractions
    log_det = model.counted(jnp.log(inner)).sum() if inner.ndim == 1 else jnp.linalg.slogdet(inner)[1]
    slack = jnp.sum(n_k * (e / model.weights - jnp.log(e)))
    total, d = log_det + slack, model.dimension
    if model.width is None:
        return total
    if model.features is not None:
        total, d = _log_det_beside(model, e, nu, t) + slack, jnp.array(0.0)
    return total + (model.width - d) * jnp.log(nu) + model.ridge * model.dimension / nu


def _log_det_beside(model: Model, e: Float[Array, " K"], nu: Scalar, t: Scalar | float) -> Scalar:
    """log det((A + t Sigma_test) / nu + 1): of M directions more than x has only this is a number."""
    inner = _pulls(model, e, t) / nu
    if inner.ndim == 1:
        return model.counted(jnp.log1p(inner)).sum()
    body, last = inner[:-1, :-1], model.counted(jnp.log1p(diagonal(inner)))[-1]
    return jnp.linalg.slogdet(body + identity(body))[1] + last


def _q(model: Model, labels: Moments, noises: Array, x: Unknowns, t: Scalar | float) -> Scalar:
    """In coordinates v_0 = w_1, v_k = w_k - w_1: `labels` are their second moments."""
    e, nu = _unknowns(model, x)
    P = [p * e_k * sigma for p, e_k, sigma in zip(model.fractions, e, model.covariances, strict=True)]
    whole = sum(P[1:], P[0]) + t * model.test_covariance
    weights = [whole, *P[1:]]  # u = sum_j weights_j v_j
    G = inverse(_inner(model, e, nu, t))
    total = jnp.sum(model.fractions * e * noises)
    for (j, k), moment in labels.items():
        energy = weights[max(j, k)] if j == k or min(j, k) == 0 else jnp.zeros_like(G)
        total += model.trace(energy - product(weights[j], G, weights[k]), moment)
    return total


def _unknowns(model: Model, x: Unknowns) -> tuple[Float[Array, " K"], Scalar]:
    e = jnp.exp(x[: len(model.noises)])
    return e, model.ridge if model.width is None else jnp.exp(x[-1])


def _inner(model: Model, e: Float[Array, " K"], nu: Scalar, t: Scalar | float) -> Matrix:
    """A + t Sigma_test + nu."""
    pulls = _pulls(model, e, t)
    return add_diagonal(pulls, jnp.full(len(pulls), nu))


def _pulls(model: Model, e: Float[Array, " K"], t: Scalar | float) -> Matrix:
    """A + t Sigma_test."""
    return jnp.tensordot(model.fractions * e, model.covariances, axes=1) + t * model.test_covariance
