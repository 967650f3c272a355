"""Errors carried from the data at hand to other numbers of samples, without knowing any covariance.

A model trained on n_k samples of weight alpha_k depends, but for the noise it learns, on its strengths

    s_k = p_k e_k / nu = (n_k b_k) / (1 + b_k t_k),     b_k = alpha_k / (n nu),
    t_k = tr[Sigma_k (sum_j s_j Sigma_j + P)^-1],       nu = lambda d/m + (nu/m) (sum_k s_k t_k)

alone (`collapse_theory.equivalent`; nu = lambda without random projections; P is 1, or 0 for the
intercept, which no projection takes part in: its 1 is subtracted from sum_k s_k t_k in nu).  Both
can be read off a ridge fit of the N_k rows at hand with losses a_k,

    minimise  sum_k a_k |Z_k v - y_k|^2 + v^T P v,      h_k = a_k tr[Z_k R Z_k^T] / N_k,
    s_k = N_k a_k (1 - h_k),     t_k = h_k / (a_k (1 - h_k)),

so that for some losses the fit at hand has the *same* mean predictor as the model asked about.  Its
leave-one-out errors E_k differ from that model's E'_k only by what is learned of the noise,

    (1 - T') E' = (1 - T) E,
    T_kj = (s_j^2 / N_j) Q_kj,    T'_kj = (s_j^2 / n_j) Q_kj,    Q_kj = -dt_k / ds_j,

and by what random projections add.  With one source and no projections that is generalised
cross-validation at another sample size.

Rows with several labels are one fit to the mean of their labels, weighted by the strengths: only the
sum of these is the fit's.  So there are D kinds of rows, and K >= D kinds of labels.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from collapse_theory.equivalent.whiten import whiten
from simulations.forecast.sums import Sums
from simulations.triangle import square_of_lower

STEPS = 80
LONGEST = 2.0  # step, in logarithms
CLOSE = 1e-9
# Of a kind of rows, the part that a fit may use up (h_k): beyond it these data say too little.
MOST_USED = 0.9


class Rows(NamedTuple):
    """Rows whose leave-one-out residuals are taken, all or enough of them; `use` is 0 for padding."""

    features: Float[Array, "D rows d"]
    labels: Float[Array, "K rows c"]
    use: Float[Array, "D rows"]


class Target(NamedTuple):
    """A training that is asked about: n_k samples of weight alpha_k, lambda, 1/m (0: no projections)."""

    counts: Float[Array, " K"]
    weights: Float[Array, " K"]
    ridge: Float[Array, ""]
    inverse_width: Float[Array, ""]


class Transferred(NamedTuple):
    """Errors against each kind of labels, noise included, and how much noise the first one learns."""

    errors: Float[Array, " K"]
    gains: Float[Array, " K"]  # dE'_1 / d sigma_k^2


class Strengths(NamedTuple):
    """s and t of a fit with losses a, their derivatives in a, the part of the rows it uses, and R."""

    s: Float[Array, " D"]
    t: Float[Array, " D"]
    ds: Float[Array, "D D"]
    dt: Float[Array, "D D"]
    used: Float[Array, " D"]
    inverse: Float[Array, "d d"]


def strengths(sums: Sums, penalty: Float[Array, " d"], losses: Float[Array, " D"]) -> Strengths:
    """s_k and t_k as functions of the losses a_k."""
    N, a = sums.counts, losses
    matrix = jnp.einsum("k,kij->ij", a, sums.grams) + jnp.diag(penalty)
    R = square_of_lower(whiten(matrix))
    products = R[None] @ sums.grams
    u = jnp.trace(products, axis1=1, axis2=2) / N
    V = jnp.einsum("kij,lji->kl", products, products) / N[:, None]  # -du_k / da_l
    left = 1 - a * u
    return Strengths(
        s=N * a * left,
        t=u / left,
        ds=jnp.diag(N * (1 - 2 * a * u)) + (N * a**2)[:, None] * V,
        dt=(jnp.diag(u**2) - V) / (left**2)[:, None],
        used=a * u,
        inverse=R,
    )


class Root(NamedTuple):
    """The losses that give a target's strengths, 0 for rows it has nothing of; log a and log nu.

    `shares` are the parts of the labels in these strengths, each row's.
    """

    losses: Float[Array, " D"]
    at: Strengths
    shares: Float[Array, "D K"]
    s: Float[Array, " K"]
    converged: Bool[Array, ""]
    point: Float[Array, " D+1"]


class Equations(NamedTuple):
    """What should be 0 at a point, and its slope there."""

    point: Float[Array, " D+1"]
    at: Strengths
    residual: Float[Array, " D+1"]
    slope: Float[Array, "D+1 D+1"]


def emulate(
    sums: Sums, penalty: Float[Array, " d"], target: Target, start: Float[Array, " D+1"] | None = None
) -> Root:
    """The losses a whose fit here has the strengths of the target: Newton's method in log a, log nu.

    `start` is where it starts, as the point of similar rows.
    """
    n, kinds = target.counts, sums.kinds
    D, d = len(kinds), jnp.sum(penalty)
    free = len(penalty) - d
    active = kinds @ (n * target.weights) > 0
    # Without projections nu = lambda.
    floor = jnp.where(target.inverse_width > 0, target.ridge * d * target.inverse_width, target.ridge)

    def losses(x: Float[Array, " D+1"]) -> Float[Array, " D"]:
        return jnp.where(active, jnp.exp(x[:D]), 0.0)

    def wanted(t: Float[Array, " D"], nu: Float[Array, ""]) -> tuple[Array, Array]:
        """Strengths of the labels at these traces, and the part of b that is left of them."""
        b = target.weights / (n.sum() * nu)
        left = 1 / (1 + b * (t @ kinds))
        return n * b * left, b * left

    def equations(x: Float[Array, " D+1"]) -> Equations:
        """At log a and log nu."""
        a, nu = losses(x), jnp.exp(x[D])
        at = strengths(sums, penalty, a)
        s, taken = wanted(at.t, nu)
        have, want = (jnp.where(active, value, 1.0) for value in (at.s, kinds @ s))
        fall = kinds @ (s * taken) / want  # -d log want / dt
        by_nu = jnp.where(active, 1 - fall * at.t, 0.0)  # -d log want / d log nu
        by_loss = jnp.where(
            active[:, None] & active[None],
            (at.ds / have[:, None] + fall[:, None] * at.dt) * a[None],
            jnp.eye(D),
        )
        freedom = at.s @ at.t - free
        total = floor + nu * freedom * target.inverse_width
        change = (at.s @ at.dt + at.t @ at.ds) * a * nu * target.inverse_width / total
        last = jnp.append(-change, 1 - nu * freedom * target.inverse_width / total)
        slope = jnp.concatenate([by_loss, by_nu[:, None]], axis=1)
        residual = jnp.append(jnp.log(have) - jnp.log(want), x[D] - jnp.log(total))
        return Equations(x, at, residual, jnp.concatenate([slope, last[None]]))

    def step(state: tuple[Array, Equations, Array]) -> tuple[Array, Equations, Array]:
        x, _, count = state
        here = equations(x)
        moved = jnp.clip(-jnp.linalg.solve(here.slope, here.residual), -LONGEST, LONGEST)
        return x + moved, here, count + 1

    def goes_on(state: tuple[Array, Equations, Array]) -> Array:
        return (jnp.max(jnp.abs(state[1].residual)) > CLOSE) & (state[2] < STEPS)

    if start is None:
        size = jnp.trace(sums.grams, axis1=1, axis2=2) / sums.counts
        parts = kinds @ (n * target.weights) / n.sum()
        nu = floor + (parts @ size) * target.inverse_width
        first = jnp.log(jnp.where(active, parts / (nu * sums.counts), 1.0))
        start = jnp.append(first, jnp.log(nu))
    nowhere = jax.tree.map(lambda leaf: jnp.full(leaf.shape, jnp.inf), jax.eval_shape(equations, start))
    _, here, _ = jax.lax.while_loop(goes_on, step, (start, nowhere, jnp.array(0)))
    s, _ = wanted(here.at.t, jnp.exp(here.point[D]))
    # Of rows without a loss every label counts as it likes.
    equal = kinds / jnp.sum(kinds, axis=1, keepdims=True)
    whole = jnp.where(active, kinds @ s, 1.0)
    shares = jnp.where(active[:, None], kinds * s[None] / whole[:, None], equal)
    converged = jnp.max(jnp.abs(here.residual)) <= CLOSE
    return Root(losses(here.point), here.at, shares, s, converged, here.point)


class Fit(NamedTuple):
    """What `transfer` needs of a fit."""

    floors: Float[Array, " K"]  # E|mean predictor - label|^2: what no sample size takes away
    s: Float[Array, " K"]
    Q: Float[Array, "K K"]  # tr[Sigma_k G Sigma_j G]
    norms: Float[Array, " K"]  # tr[Sigma_k G P G]
    size: Float[Array, ""]  # |mean predictor|^2, the intercept's left out
    free: Float[Array, ""]  # directions without a penalty


def fit(
    sums: Sums, rows: Rows, penalty: Float[Array, " d"], root: Root
) -> tuple[Fit, Float[Array, " D"]]:
    """The fit with these losses, and h.

    Errors are mean squared leave-one-out residuals, summed over the labels' columns.  Where rows are a
    part of all, they correct the generalised cross-validation of all.
    """
    kinds, N = sums.kinds, sums.counts
    at, mean = root.at, root.shares.T  # of the labels of each kind of rows
    v = at.inverse @ jnp.einsum("d,kd,kfc->fc", root.losses, mean, sums.moments)
    leverages = root.losses[:, None] * jnp.sum(
        (rows.features @ at.inverse[None]) * rows.features, axis=2
    )
    outputs = rows.features @ v[None]
    # Labels to compare with, in columns: every kind, then the means that were trained on.
    compared = jnp.concatenate([jnp.eye(len(mean)), mean], axis=1)
    where = jnp.concatenate([kinds, jnp.eye(len(kinds))], axis=1)  # the rows that they are labels of
    trained = mean @ where

    def left_out(h: Float[Array, "D rows"]) -> Float[Array, " K+D"]:
        """Sums of squares of y - f + h (trained - y), over the probed rows."""
        by_kind = jnp.einsum("dk,dr->kr", where, h)
        labels = jnp.einsum("jk,jrc->krc", compared, rows.labels)
        target = jnp.einsum("jk,jrc->krc", trained, rows.labels)
        moved = (
            labels - jnp.einsum("dk,drc->krc", where, outputs) + by_kind[..., None] * (target - labels)
        )
        squared = jnp.sum(moved**2, axis=2) / (1 - by_kind) ** 2
        return jnp.sum(jnp.einsum("dk,dr->kr", where, rows.use) * squared, axis=1)

    # The same over all rows, with the mean leverage.
    by_kind = at.used @ where
    weighted = compared + by_kind[None] * (trained - compared)
    products = jnp.einsum("jk,jl,lk->k", weighted, sums.products, weighted)
    cross = jnp.einsum("jk,jfc,fc->k", weighted, sums.moments, v)
    own = jnp.einsum("fc,dfg,gc->d", v, sums.grams, v) @ where
    everything = (products - 2 * cross + own) / (1 - by_kind) ** 2 / (N @ where)
    flat = jnp.broadcast_to(at.used[:, None], rows.use.shape)
    errors = everything * left_out(leverages) / left_out(flat)
    K = len(mean)
    labels, means = errors[:K], errors[K:]
    Q = -jnp.linalg.solve(at.ds.T, at.dt.T).T
    norms = at.t - Q @ at.s
    # A row that is left out is one of its own kind's N.
    learnt = Q * (at.s**2)[None] / (N[None] - jnp.eye(len(N)))
    return Fit(
        floors=labels - (learnt @ means) @ kinds,
        s=root.s,
        Q=kinds.T @ Q @ kinds,
        norms=norms @ kinds,
        size=jnp.sum(penalty[:, None] * v**2) - jnp.sum(norms * at.s**2 / N * means),
        free=len(penalty) - jnp.sum(penalty),
    ), at.used


def transfer(here: Fit, target: Target) -> Transferred:
    """E'_k: the errors of a target, from a fit that has its strengths."""
    s, Q, n = here.s, here.Q, target.counts
    there = jnp.where(n > 0, s**2 / jnp.where(n > 0, n, 1.0), 0.0)
    # Random projections: G_S B G_S ~ G (B + nu'(B)) G.
    df2 = s @ Q @ s - here.free
    added = here.norms * target.inverse_width / (1 - df2 * target.inverse_width)
    learnt = Q * there[None] + added[:, None] * (here.norms * there)[None]
    gains = jnp.linalg.inv(jnp.eye(len(n)) - learnt)
    return Transferred(gains @ (here.floors + added * here.size), gains[0])


def forecast(
    sums: Sums, rows: Rows, penalty: Float[Array, " d"], target: Target, root: Root
) -> Transferred:
    """Errors that a target would have, from the data at hand; NaN where these do not tell them."""
    here, used = fit(sums, rows, penalty, root)
    known = root.converged & jnp.all(used < MOST_USED)
    return jax.tree.map(lambda leaf: jnp.where(known, leaf, jnp.nan), transfer(here, target))
