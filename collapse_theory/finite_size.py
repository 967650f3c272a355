"""The next order: what a model of finite size errs beyond its limit."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.activation import linear_only
from collapse_theory.checks import Number
from collapse_theory.equivalent import Groups, SolveError, Status, alike, solve, solved, stack
from collapse_theory.equivalent.expansion import Expansion, Labels, drift, expand, pinned, point, weigh
from collapse_theory.equivalent.m_matrix import invert_m_matrix
from collapse_theory.equivalent.shares import multiply
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

    Of nonlinear features it is the term of their Gaussian equivalent, a part only of what is left of
    order 1/d: that they are no Gaussian features is the other part.

    Terms may have either sign.  Where one is not small beside the limit, within about n^(1/2) samples
    of the interpolation threshold without a ridge, neither number is near the error of the finite model.

    Raises SolveError as `predict` does, and at the ridgeless threshold, where limit and term are
    infinite.  Inside `jit` or `vmap` the term is NaN there.  ValueError for a `kurtosis` that is not a
    number >= -2, or is given beside covariance matrices or an activation.
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
    term = Risk(*jnp.where(at.defined, _terms(at, labels, kurtosis), jnp.nan))
    return excess_risk(equivalent), term, equivalent.status


def _checked(problem: Problem, kurtosis: Number) -> Float[Array, ""]:
    linear_only("the part of the kurtosis", problem)
    if not problem.is_diagonal:
        raise checks.fail("kurtosis", kurtosis, "None, as covariances are matrices")
    return checks.number("kurtosis + 2", kurtosis + 2, most=HEAVIEST) - 2


def _terms(at: Expansion, labels: Labels, kurtosis: Float[Array, ""] | None) -> Float[Array, " parts"]:
    """d/dt of dF/deta = F_eta - F_x . H^-1 grad q along x*(t, 0), where F is the fluctuation.

    F is a function of O_kl = tr[X_k X_l], whose d/deta is 2 tr[Q_kl X_l a_k], and of the row sums,
    whose is q_k; W / 2 and c are its derivatives in these.  Only Q and q depend on the labels.
    """
    moves = drift(at)

    def by_eta(t: Float[Array, ""]) -> Float[Array, " parts"]:
        here = point(at, t * moves, t)
        X = here.shares
        inverse, differences = invert_m_matrix(*pinned(at.free, here.traces(X, X), here.slacks))
        c = jnp.where(at.free, jnp.diagonal(inverse), 0.0) / 2
        D = jnp.where(at.free[:, None], differences, 0.0) / 2
        W = jnp.pad(jnp.column_stack([c, D]), ((1, 0), (0, 0)))
        W += W.T
        if kurtosis is not None:
            W -= jnp.diag(jnp.pad(kurtosis / jnp.where(at.free[:-1], at.counts, 1.0), 1))
        # tr[dX_k Y_k] for Y_k = sum_l W_kl X_l, where dX_k = sum_j X_k X_j (dx_k - dx_j).
        T = here.traces(multiply(jnp.tensordot(W, X, axes=1), X), X)
        by_x = (T.sum(axis=1) - T.sum(axis=0))[1:] + c * here.slopes
        return weigh(labels, here, W, jnp.pad(c - inverse @ jnp.where(at.free, by_x, 0.0), (1, 0)))

    return jax.jvp(by_eta, (jnp.array(0.0),), (jnp.array(1.0),))[1]
