"""The free energy about its stationary point: its gradient and Hessian, without any cancellation.

Phi (`free_energy` has it literally) in the distance of x = (log e_1 .. log e_K, log nu) from the
stationary point, called the shift, is

    log det(sum_k a_k exp(shift_k) + t Sigma_test) + sum_k (s_k exp(shift_k) - n_k shift_k)
        + (m - d) shift_nu + s_nu exp(-shift_nu) + eta q

with pulls a_k = p_k e_k Sigma_k, a_nu = nu I, and slacks s_k = n_k e_k / alpha_k, s_nu = lambda d / nu.
q is the least of a weighted sum of squares, averaged over the labelling vectors,

    q = min_v  sum_k p_k e_k (|v - w_k|^2_Sigma_k + sigma_k^2) + nu |v|^2 + t |v - w_1|^2_Sigma_test,

so nu is one more source, of covariance I and labels 0, and the derivatives of q are made of the
residuals rho_k = w_k - v alone.  Pulls count only up to a common factor (of t and q, too) and slacks
stay finite as lambda -> 0: all this holds for every ridge >= 0.  Written in shares X_k = a_k G, which
add up to I, and in row sums of the Hessian, nothing is subtracted that is nearly equal.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from collapse_theory.equivalent.algebra import add_diagonal, identity, trace
from collapse_theory.equivalent.fixed_point import Equivalent
from collapse_theory.equivalent.m_matrix import solve_m_matrix
from collapse_theory.equivalent.shares import (
    Logs,
    Stack,
    moved,
    multiply,
    resolvent,
    shares,
    traces,
    transpose,
)

Number = Float[Array, ""]
Square = Float[Array, "unknowns unknowns"]


class Expansion(NamedTuple):
    """Phi near its stationary point; the last of the K + 1 unknowns is log nu."""

    pulls: Stack
    weights: Float[Array, " K"]  # p_k e_k
    slacks: Logs
    counts: Float[Array, " K"]  # n_k
    free: Bool[Array, " unknowns"]  # nu of the classical model and sources without samples are not
    test: Float[Array, " *matrix"]
    defined: Bool[Array, ""]


class Labels(NamedTuple):
    """Second moments of v_0 = w_1 and v_k = delta_k, and noises."""

    moments: Float[Array, "..."]  # E v_k v_k^T, shape (K, *matrix), or all E v_j v_k^T
    noises: Float[Array, " K"]


class Derivatives(NamedTuple):
    """Derivatives of Phi in x, less constants; the Hessian is an M-matrix."""

    gradient: Logs
    off_diagonal: Square  # -d^2 Phi / dx_k dx_l
    row_sums: Logs
    links: Float[Array, "unknowns unknowns *matrix"]  # Z_kl


def expand(equivalent: Equivalent) -> tuple[Expansion, Labels]:
    """The expansion of a solved problem, and its labels in three parts: of bias, variance and zeta."""
    model, regime = equivalent.model, equivalent.regime  # in the coordinates of the equivalent
    counts = model.fractions * model.n
    weights = model.fractions * equivalent.e
    # nu = 0 wins all the same where nobody pulls against it.
    outside = jnp.where((equivalent.nu == 0) & regime.null, 1.0, 0.0)
    # A square S without a ridge is no restriction, and its nu = 0 no unknown.
    restricted = jnp.isfinite(regime.width) & ((equivalent.gap > 0) | (equivalent.nu > 0))
    test = model.test_covariance
    shape = (-1, *(1,) * test.ndim)
    last = add_diagonal(identity(test, equivalent.nu), outside)
    expansion = Expansion(
        pulls=jnp.concatenate([weights.reshape(shape) * model.covariances, last[None]]),
        weights=weights,
        slacks=jnp.append(counts * equivalent.residue, equivalent.gap),
        counts=counts,
        free=jnp.append(counts > 0, restricted),
        test=test,
        defined=~regime.at_threshold,
    )
    noises = jnp.zeros((3, len(counts))).at[1].set(model.noises)
    first = jnp.zeros(len(counts)).at[0].set(1.0)
    if model.correlations is None:
        signal = first.reshape(shape) * model.signal[None]
        moments = [signal, jnp.zeros_like(signal), model.shifts]
    else:
        whole = model.correlations
        signal = (first[:, None] * first[None]).reshape(len(first), *shape) * whole
        moments = [signal, jnp.zeros_like(signal), whole - signal]
    return expansion, Labels(jnp.stack(moments), noises)


def derivatives(at: Expansion, labels: Labels, shift: Logs, t: Number, eta: Number) -> Derivatives:
    """To first order in t and eta, with G_t = (A + t Sigma_test + nu)^-1 and Q_kl = E rho_k rho_l^T:

    gradient     tr[a_k G_t] + s_k (- s_nu) + eta q_k,    q_k = tr[a_k Q_kk] + p_k e_k sigma_k^2
    Hessian k l  -tr[Z_kl Z_lk],      Z_kl = (G_t + eta Q_lk) a_k
    its rows     s_k + t tr[a_k G Sigma_test G] + eta q_k at t = 0 (q is homogeneous in e, nu, t).
    """
    X, rest = shares(shift, at.pulls)
    a = moved(shift, at.pulls)
    test = multiply(at.test[None], resolvent(shift, at.pulls)[None])  # Sigma_test G
    signs = jnp.ones_like(shift).at[-1].set(-1.0)
    slacks = at.slacks * jnp.exp(signs * shift)
    tested = traces(X, test)[:, 0]
    Q = second_moments(labels, residuals(X, rest))
    noise = jnp.append(labels.noises * at.weights * jnp.exp(shift[:-1]), 0.0)
    # The test set moves every rho_k by -t G Sigma_test rho_1.
    lost = multiply(transpose(test), Q[0])
    forces = _sum(a * jnp.einsum("kk...->k...", Q), 1) + noise
    gradient = _trace(X) - t * tested + signs * slacks
    gradient += eta * (forces - 2 * t * _sum(a * lost, 1))
    Q_t = Q - t * (lost[None] + transpose(lost)[:, None])
    Z = transpose(X - t * multiply(X, test))[:, None] + eta * _times(jnp.swapaxes(Q_t, 0, 1), a)
    return Derivatives(
        jnp.where(at.free, gradient, 0.0),
        *pinned(at.free, closed(Z, Z), slacks + t * tested + eta * forces),
        links=Z,
    )


def limit(at: Expansion, labels: Labels) -> Number:
    """The risk, dq/dt along x*(t): E |rho_1|^2_test + sum_k tr[a_k G Sigma_test G] (H^-1 dq/dx)_k.

    A sum of positive terms alone, for labelling vectors that are not correlated.
    """
    origin, zero, one = jnp.zeros_like(at.slacks), jnp.array(0.0), jnp.array(1.0)

    def gradients(t: Number, eta: Number) -> Logs:
        return derivatives(at, labels, origin, t, eta).gradient

    tested = -jax.jvp(lambda t: gradients(t, zero), (zero,), (one,))[1]
    forces = jax.jvp(lambda eta: gradients(zero, eta), (zero,), (one,))[1]
    here = derivatives(at, labels, origin, zero, zero)
    moves = solve_m_matrix(here.off_diagonal, here.row_sums, forces[:, None])[:, 0]
    X, rest = shares(origin, at.pulls)
    return trace(second_moments(labels, residuals(X, rest))[0, 0], at.test) + tested @ moves


def residuals(X: Stack, rest: Stack) -> Float[Array, "unknowns K *matrix"]:
    """B of rho_k = sum_j B_kj v_j at t = 0, for w_k = v_0 + v_k and, last, w_nu = 0.

    rho_k = nu G v_0 + v_k - G sum_j P_j v_j,        rho_nu = -A G v_0 - G sum_j P_j v_j
    """
    K = len(X) - 1
    shape = (-1, *(1,) * (X.ndim - 1))
    same = jnp.eye(K + 1, K, dtype=bool).reshape(K + 1, *shape)
    shifts = jnp.where(same, transpose(rest[:-1])[None], -transpose(X[:-1])[None])
    last = (jnp.arange(K + 1) == K).reshape(shape)
    return shifts.at[:, 0].set(jnp.where(last, -rest[-1][None], X[-1][None]))


def second_moments(
    labels: Labels, B: Float[Array, "unknowns K *matrix"]
) -> Float[Array, "unknowns unknowns *matrix"]:
    """Q_kl = E rho_k rho_l^T."""
    C = labels.moments
    matrix = B.ndim - 2
    if C.ndim == matrix + 1:
        return jnp.einsum({1: "kia,ia,lia->kla", 2: "kiab,ibc,lidc->klad"}[matrix], B, C, B)
    return jnp.einsum({1: "kia,ija,lja->kla", 2: "kiab,ijbc,ljdc->klad"}[matrix], B, C, B)


def closed(Z: Float[Array, "_ _ *matrix"], other: Float[Array, "_ _ *matrix"]) -> Square:
    """tr[Z_kl Z'_lk]."""
    return jnp.einsum("kla,lka->kl" if Z.ndim == 3 else "klab,lkba->kl", Z, other)


def _times(Q: Float[Array, "_ _ *matrix"], a: Stack) -> Float[Array, "_ _ *matrix"]:
    """Q_kl a_k."""
    return Q * a[:, None] if a.ndim == 2 else Q @ a[:, None]


def pinned(free: Bool[Array, " unknowns"], O: Square, row_sums: Logs) -> tuple[Square, Logs]:
    """The M-matrix of the free unknowns; the others get 1 on the diagonal and nothing beside it."""
    off = O * (1.0 - jnp.eye(len(O)))
    held = jnp.where(free[None], 0.0, off).sum(axis=1)
    return jnp.where(free[:, None] & free[None], off, 0.0), jnp.where(free, row_sums + held, 1.0)


def _trace(A: Stack) -> Logs:
    return A.sum(axis=1) if A.ndim == 2 else jnp.trace(A, axis1=1, axis2=2)


def _sum(A: Float[Array, "..."], axes: int) -> Float[Array, "..."]:
    """The sum over all but the first axes."""
    return A.sum(axis=tuple(range(axes, A.ndim)))
