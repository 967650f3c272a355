"""The free energy about its stationary point: its gradient and Hessian, without any cancellation.

Phi (`free_energy` has it literally) in the distance of x = (log e_1 .. log e_K, log nu) from the
stationary point, called the shift, is

    log det(sum_k a_k exp(shift_k) + t Sigma_test) + sum_k (s_k exp(shift_k) - n_k shift_k)
        + (m - d) shift_nu + s_nu exp(-shift_nu) + eta q

with pulls a_k = p_k e_k Sigma_k, a_nu = nu I, and slacks s_k = n_k e_k / alpha_k, s_nu = lambda d / nu.
q is the least of a weighted sum of squares, averaged over the labelling vectors,

    q = min_v  sum_k p_k e_k (|v - w_k|^2_Sigma_k + sigma_k^2) + nu |v|^2 + t |v - w_1|^2_Sigma_test,

so nu is one more source, of covariance I and labels 0, and the test set another, with pull a_0 =
t Sigma_test and labels w_1, whose strength is no unknown.  The derivatives of q are made of the
residuals rho_k = w_k - v alone.  Pulls count only up to a common factor (of t and q, too) and slacks
stay finite as lambda -> 0: all this holds for every ridge >= 0.  Written in shares X_k = a_k G, which
add up to I, and in row sums of the Hessian, nothing is subtracted that is nearly equal.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from collapse_theory.equivalent.algebra import add_diagonal, identity
from collapse_theory.equivalent.arrays import Model
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
Square = Float[Array, "_ _"]
Links = Float[Array, "_ _ *matrix"]  # one matrix for each pair


class Expansion(NamedTuple):
    """Phi near its stationary point; the last of the K + 1 unknowns is log nu."""

    pulls: Stack
    weights: Float[Array, " K"]  # p_k e_k
    slacks: Logs
    counts: Float[Array, " K"]  # n_k
    free: Bool[Array, " unknowns"]  # nu of the classical model and sources without samples are not
    defined: Bool[Array, ""]
    model: Model


class Labels(NamedTuple):
    """Second moments of v_0 = w_1 and v_k = delta_k, and noises."""

    moments: Float[Array, "..."]  # E v_k v_k^T, shape (K, *matrix), or all E v_j v_k^T
    noises: Float[Array, " K"]


class Point(NamedTuple):
    """The pulls at a shift, that of the test set first, and what they alone decide."""

    pulls: Stack  # a_k
    shares: Stack  # X_k = a_k G
    rest: Stack  # I - X_k
    weights: Float[Array, " K"]  # p_k e_k
    slacks: Logs  # s_k, s_nu, of the unknowns alone
    slopes: Logs  # their derivatives, s_k and -s_nu
    model: Model

    def traces(self, A: Stack, B: Stack) -> Square:
        """tr[A_k B_l]."""
        return traces(self.model.counted(A), B)


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
        defined=~regime.at_threshold,
        model=model,
    )
    noises = jnp.zeros((3, len(counts))).at[1].set(model.noises)
    first = jnp.zeros(len(counts)).at[0].set(1.0)
    if model.signal_shares is not None:
        s = model.signal_shares
        by_source = (len(s), len(s), *shape[1:])
        signal = (s[:, None] * s[None]).reshape(by_source) * model.signal[None, None]
        shifts = model.correlations
        if shifts is None:
            shifts = jnp.eye(len(first)).reshape(by_source) * model.shifts[None]
        moments = [signal, jnp.zeros_like(signal), shifts]
    elif model.correlations is None:
        signal = first.reshape(shape) * model.signal[None]
        moments = [signal, jnp.zeros_like(signal), model.shifts]
    else:
        whole = model.correlations
        signal = (first[:, None] * first[None]).reshape(len(first), *shape) * whole
        moments = [signal, jnp.zeros_like(signal), whole - signal]
    return expansion, Labels(jnp.stack(moments), noises)


def point(at: Expansion, shift: Logs, t: Number) -> Point:
    """The pulls at a shift and a strength of the test set."""
    held = jnp.concatenate([jnp.zeros(1), shift])
    pulls = jnp.concatenate([t * at.model.test_covariance[None], at.pulls])
    signs = jnp.ones_like(shift).at[-1].set(-1.0)
    slacks = at.slacks * jnp.exp(signs * shift)
    weights = at.weights * jnp.exp(shift[:-1])
    slopes = signs * slacks
    return Point(moved(held, pulls), *shares(held, pulls), weights, slacks, slopes, at.model)


def derivatives(at: Expansion, labels: Labels, shift: Logs, t: Number, eta: Number) -> Derivatives:
    """To first order in eta, where every entry is one direction, with Q_kl = E rho_k rho_l^T:

    gradient     tr X_k + s_k (- s_nu) + eta q_k,    q_k = tr[a_k Q_kk] + p_k e_k sigma_k^2
    Hessian k l  -tr[Z_kl Z_lk],      Z_kl = (G + eta Q_lk) a_k
    its rows     s_k + eta q_k, the test set's column among them (q is homogeneous in e, nu, t).
    """
    here = point(at, shift, t)
    X, a = here.shares, here.pulls
    Q = second_moments(labels, residuals(here))
    forces = _sum(a * jnp.einsum("kk...->k...", Q), 1)[1:]
    forces += jnp.append(labels.noises * here.weights, 0.0)
    gradient = _trace(X)[1:] + here.slopes + eta * forces
    Z = transpose(X)[:, None] + eta * _times(jnp.swapaxes(Q, 0, 1), a)
    hessian = pinned(at.free, closed(Z, Z), here.slacks + eta * forces)
    return Derivatives(jnp.where(at.free, gradient, 0.0), *hessian, links=Z[1:, 1:])


def drift(at: Expansion) -> Logs:
    """dx*/dt at t = 0: H^-1 tr[a_k G Sigma_test G], a sum of positive terms."""
    origin = jnp.zeros_like(at.slacks)
    here = point(at, origin, jnp.array(0.0))
    X = here.shares
    test = multiply(at.model.test_covariance[None], resolvent(origin, at.pulls)[None])
    forces = jnp.where(at.free, here.traces(X[1:], test)[:, 0], 0.0)
    return solve_m_matrix(*pinned(at.free, here.traces(X, X), at.slacks), forces[:, None])[:, 0]


def weigh(labels: Labels, here: Point, W: Square, forces: Logs) -> Float[Array, " parts"]:
    """sum_kl W_kl tr[Q_kl X_l a_k] + sum_k forces_k q_k, of all parts of the labels at once."""
    B, C, a = residuals(here), labels.moments, here.pulls
    matrix, axes = a.ndim - 1, (...,) + (None,) * (a.ndim - 1)
    R = W[axes] * _times(here.shares[None], a) + jnp.diag(forces)[axes] * a[:, None]
    correlated = C.ndim == matrix + 3
    if matrix == 1:  # sums that fuse: products of many small matrices take ten times as long
        pulled = jnp.sum(R[:, :, None] * B[None], axis=1)
        sums = jnp.sum(B[:, :, None] * pulled[:, None] if correlated else B * pulled, axis=0)
    else:
        sums = jnp.einsum("kiab,klda,ljdc->ijbc" if correlated else "kiab,klda,lidc->ibc", B, R, B)
    weighed = here.model.counted(sums)[None]
    return jnp.sum(C * weighed, axis=tuple(range(1, C.ndim))) + labels.noises @ (
        forces[1:-1] * here.weights
    )


def limit(at: Expansion, labels: Labels) -> Float[Array, " parts"]:
    """The risk, dq/dt along x*(t, 0): E |rho_1|^2_test + sum_k q_k dx_k/dt.

    A sum of positive terms alone, for labelling vectors that are not correlated.
    """
    here = point(at, jnp.zeros_like(at.slacks), jnp.array(0.0))
    whole = here._replace(pulls=here.pulls.at[0].set(at.model.test_covariance))
    return weigh(labels, whole, jnp.zeros((len(here.pulls),) * 2), jnp.append(1.0, drift(at)))


def residuals(here: Point) -> Float[Array, "pulls K *matrix"]:
    """B of rho_k = sum_j B_kj v_j for w_k = v_0 + v_k, w_1 of the test set and, last, w_nu = 0.

    rho_k = X_nu v_0 + v_k - sum_j X_j^T v_j,        rho_nu = -(I - X_nu) v_0 - sum_j X_j^T v_j
    """
    X, rest = here.shares, here.rest
    K = len(X) - 2
    shape = (-1, *(1,) * (X.ndim - 1))
    same = jnp.eye(K + 2, K, -1, dtype=bool).reshape(K + 2, *shape)
    shifts = jnp.where(same, transpose(rest[1:-1])[None], -transpose(X[1:-1])[None])
    last = (jnp.arange(K + 2) == K + 1).reshape(shape)
    return shifts.at[:, 0].set(jnp.where(last, -rest[-1][None], X[-1][None]))


def second_moments(labels: Labels, B: Float[Array, "pulls K *matrix"]) -> Links:
    """Q_kl = E rho_k rho_l^T."""
    C = labels.moments
    matrix = B.ndim - 2
    if C.ndim == matrix + 1:
        return jnp.einsum({1: "kia,ia,lia->kla", 2: "kiab,ibc,lidc->klad"}[matrix], B, C, B)
    return jnp.einsum({1: "kia,ija,lja->kla", 2: "kiab,ijbc,ljdc->klad"}[matrix], B, C, B)


def closed(Z: Links, other: Links) -> Square:
    """tr[Z_kl Z'_lk]."""
    return jnp.einsum("kla,lka->kl" if Z.ndim == 3 else "klab,lkba->kl", Z, other)


def pinned(free: Bool[Array, " unknowns"], O: Square, row_sums: Logs) -> tuple[Square, Logs]:
    """The M-matrix of the free unknowns; the others get 1 on the diagonal and nothing beside it.

    Of all pulls' O and the row sums of the unknowns: what is held, as the test set, moves to these.
    """
    off, held = O[1:, 1:] * (1.0 - jnp.eye(len(free))), O[1:, 0]
    held += jnp.where(free[None], 0.0, off).sum(axis=1)
    return jnp.where(free[:, None] & free[None], off, 0.0), jnp.where(free, row_sums + held, 1.0)


def _times(Q: Links, a: Stack) -> Links:
    """Q_kl a_k."""
    return Q * a[:, None] if a.ndim == 2 else Q @ a[:, None]


def _trace(A: Stack) -> Logs:
    return A.sum(axis=1) if A.ndim == 2 else jnp.trace(A, axis1=1, axis2=2)


def _sum(A: Float[Array, "..."], axes: int) -> Float[Array, "..."]:
    """The sum over all but the first axes."""
    return A.sum(axis=tuple(range(axes, A.ndim)))
