"""How far one draw of the data is from the mean: how many seeds an error bar takes."""

from collections.abc import Callable, Iterator
from itertools import permutations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.equivalent import SolveError, Status, solve, solved, stack
from collapse_theory.equivalent.expansion import Expansion, Labels, closed, derivatives, expand
from collapse_theory.equivalent.m_matrix import solve_m_matrix
from collapse_theory.problem import Problem
from collapse_theory.risk import Part


class Spread(eqx.Module):
    """Standard deviations of a risk and its parts: as parts correlate, that of the total is no sum."""

    bias: Part
    variance: Part
    zeta: Part
    total: Part


def spread(problem: Problem) -> Spread:
    """The standard deviation, over draws of the features, of the risk averaged over labels.

    Of what `simulations.simulate` measures a draw (measure "assigned"), part by part and in total: its
    standard error over s seeds is `spread` / sqrt(s).  Any number of sources of the classical model.
    With two copies of the labels, at strengths t, t' of the test set and scales eta, eta' of the labels,

        Var = d^4 / dt deta dt' deta' of  -2 log |det H(x*(t, eta), x*(t', eta'))|  at 0,
        H_kl = [k = l] n_k - tr[Z_kl Z'_lk],        Z_kl = (G_t + eta E rho_l rho_k^T) a_k,

    the Hessian of the free energy of two copies in what couples them.  For one source det H is
    n (1 - u_12), the covariance of linear statistics of Bai and Silverstein.  Gaussian features; right
    up to O(1/d).

    Raises SolveError as `finite_size` does, ValueError for multiplicities (it is quadratic in Gamma, so
    that it matters how a signal is spread among equal eigenvalues), and for a width, for which it is not
    verified: a projection hides features, over which `simulate` averages: its draws scatter less.
    """
    if problem.width is not None:
        raise checks.fail("width", problem.width, "None: the spread with a width is not verified")
    if problem.multiplicities is not None:
        expected = "None: of entries that stand for several directions only sums are known"
        raise checks.fail("multiplicities", problem.multiplicities, expected)
    deviations, status, defined = spread_with_status(problem)
    known = checks.concrete(defined)
    if known is not None and not known.all() and bool(status.converged):
        raise SolveError(
            "there is no spread without a ridge at the interpolation threshold: the risk is infinite"
        )
    return solved(deviations, status)


@eqx.filter_jit
def spread_with_status(problem: Problem) -> tuple[Spread, Status, Array]:
    """`spread` without its guard: deviations (NaN where not defined), status, defined."""
    equivalent = solve(stack(problem))
    at, labels = expand(equivalent)
    # The total is a part of its own: bias, variance and zeta of one draw are correlated.
    every = jax.tree.map(lambda parts: jnp.concatenate([parts, parts.sum(axis=0)[None]]), labels)
    variances = jax.vmap(lambda part: _variance(at, part))(every)
    deviations = jnp.sqrt(jnp.maximum(variances, 0.0))
    return Spread(*jnp.where(at.defined, deviations, jnp.nan)), equivalent.status, at.defined


def _variance(at: Expansion, labels: Labels) -> Float[Array, ""]:
    origin, zero, one = jnp.zeros_like(at.slacks), jnp.array(0.0), jnp.array(1.0)
    still = derivatives(at, labels, origin, zero, zero)

    def moves(force: Array) -> Array:
        return -solve_m_matrix(still.off_diagonal, still.row_sums, force[:, None])[:, 0]

    def along(t: Array, eta: Array, shift: Array) -> tuple[Array, Array, Array]:
        """The gradient, and what one copy brings to H: its links, and lambda d / nu."""
        here = derivatives(at, labels, shift, t, eta)
        return here.gradient, here.links, at.slacks[-1] * jnp.exp(-shift[-1])

    def d_eta(t: Array, shift: Array, by_eta: Array) -> tuple[Array, ...]:
        return jax.jvp(lambda eta: along(t, eta, shift + eta * by_eta), (zero,), (one,))[1]

    by_t = moves(jax.jvp(lambda t: along(t, zero, origin)[0], (zero,), (one,))[1])
    by_eta = moves(d_eta(zero, origin, origin)[0])
    _, *in_t = jax.jvp(lambda t: along(t, zero, t * by_t), (zero,), (one,))[1]
    _, *in_eta = d_eta(zero, origin, by_eta)
    force, *in_both = jax.jvp(lambda t: d_eta(t, t * by_t, by_eta), (zero,), (one,))[1]
    _, *moved = jax.jvp(lambda shift: along(zero, zero, shift), (origin,), (moves(force),))[1]
    in_both = [direct + indirect for direct, indirect in zip(in_both, moved, strict=True)]
    # Taylor coefficients of one copy in t^a eta^b, at [a, b].
    links, slack = (
        jnp.stack([jnp.stack([here, e]), jnp.stack([t, both])])
        for here, t, e, both in zip((still.links, at.slacks[-1]), in_t, in_eta, in_both, strict=True)
    )
    inverse = solve_m_matrix(still.off_diagonal, still.row_sums, jnp.eye(len(origin)))
    free = (at.free[:, None] & at.free[None]).astype(float)

    def coefficient(a: int, b: int, c: int, d: int) -> Array:
        """That of t^a eta^b t'^c eta'^d in H_00^-1 H."""
        H = -closed(links[a, b], links[c, d])
        if (a, b) == (0, 0) or (c, d) == (0, 0):  # a sum: it couples nothing
            H = H.at[-1, -1].add(slack[c, d] if (a, b) == (0, 0) else slack[a, b])
        return inverse @ (free * H)

    return -2 * _log_det_coefficient(coefficient)


def _log_det_coefficient(coefficient: Callable[..., Array]) -> Float[Array, ""]:
    """The coefficient of t eta t' eta' in log det(I + M), M a polynomial in them without constant."""
    total = jnp.array(0.0)
    for partition in _partitions([0, 1, 2, 3]):
        blocks = [coefficient(*(int(k in block) for k in range(4))) for block in partition]
        total += (-1) ** (len(blocks) - 1) * _cyclic_traces(blocks)
    return total


def _cyclic_traces(blocks: list[Array]) -> Float[Array, ""]:
    """tr of the products of all blocks, over their orders around a circle."""
    first, *others = blocks
    total = jnp.array(0.0)
    for order in permutations(others):
        product = first
        for block in order:
            product = product @ block
        total += jnp.trace(product)
    return total


def _partitions(items: list[int]) -> Iterator[list[list[int]]]:
    """All ways to divide `items` into blocks."""
    if not items:
        yield []
        return
    head, *tail = items
    for partition in _partitions(tail):
        yield [[head], *partition]
        for k, block in enumerate(partition):
            yield [*partition[:k], [head, *block], *partition[k + 1 :]]
