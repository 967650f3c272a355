"""The deterministic equivalent: the few numbers that stand for random features and projections.

Unknowns e_1 ... e_K and nu, for any number K of sources with any covariances:

    A = sum_k p_k e_k Sigma_k,     G = (A + nu I)^-1,
    e_k = alpha_k / (1 + (alpha_k / n) tr[Sigma_k G]),
    nu = lambda d/m + (nu / m) tr[A G]                       (classical model: nu = lambda).

In (log e, log nu) these say that the gradient vanishes of the convex function (a geometric program)

    log det(A + nu) + sum_k n_k (e_k / alpha_k - log e_k) + (m - d) log nu + lambda d / nu,

so the solution is unique and Newton's method finds it, in the unknowns of a `Chart`.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from collapse_theory.equivalent.algebra import (
    Matrix,
    add_diagonal,
    diagonal,
    inverse,
    product,
    scaled_condition,
)
from collapse_theory.equivalent.arrays import Model
from collapse_theory.equivalent.axes import Axes, is_tame, principal_axes, realign, unturned
from collapse_theory.equivalent.chart import Chart, Logs
from collapse_theory.equivalent.groups import Groups, completed, merged, positions
from collapse_theory.equivalent.newton import Cause, Status, ending, iterate, search
from collapse_theory.equivalent.regime import Regime, regime

# Inverses of matrices of a larger condition are not trusted: they would keep fewer than 8 digits.
WORST_CONDITION = 1e-8 / jnp.finfo(float).eps
# The first of two searches only has to find the coordinates of the second.
NEAR = 1e-3


class Equivalent(NamedTuple):
    """The solved equations.  e, nu, A and 1/G are the true ones divided by `scale`."""

    model: Model  # in the coordinates of A and G
    regime: Regime
    e: Float[Array, " K"]
    residue: Float[Array, " K"]  # true e_k / alpha_k: the part of its noise that source k does not fit
    nu: Float[Array, ""]
    gap: Float[Array, ""]  # m - tr[A G], without its cancellation
    scale: Float[Array, ""]
    A: Float[Array, " *matrix"]
    G: Float[Array, " *matrix"]
    shrinkage: Float[Array, " *matrix"]  # nu G = I - A G, without its cancellation
    status: Status
    basis: Float[Array, "d d"] | None = None  # columns: the axes that the model is in; None: its own


def solve(model: Model, groups: Groups | None = None) -> Equivalent:
    """The deterministic equivalent of a model, for every ridge >= 0.

    Sources of one group (see `alike`) share their unknown; without groups every source has its own.
    At the interpolation threshold of a ridgeless model only ratios of e and nu have a limit.  For
    n = m < r they are what is returned; for n = r <= m, nu / e is 0 and e that of 2 n samples.
    """
    groups = completed(groups or tuple((k,) for k in range(len(model.weights))), model)
    if model.is_diagonal:
        axes = principal_axes(model)
        start = Equations.of(merged(axes.model, groups)).chart.start
    else:
        axes, start = jax.lax.cond(
            is_tame(model), partial(_as_given, groups=groups), partial(_graded, groups=groups), model
        )
    equations = Equations.of(merged(axes.model, groups))
    logs, steps = search(equations.residual, start, equations.linearise)
    ranks = axes.ranks[jnp.array([group[0] for group in groups])]
    solution = equations.solution(logs, steps, ranks)
    group_of = positions(groups)
    return solution._replace(
        model=axes.model,
        e=solution.e[group_of],
        residue=solution.residue[group_of],
        basis=axes.basis,
    )


def _as_given(model: Model, groups: Groups) -> tuple[Axes, Logs]:
    return unturned(model), Equations.of(merged(model, groups)).chart.start


def _graded(model: Model, groups: Groups) -> tuple[Axes, Logs]:
    """The eigenvectors of A, and where to start in them."""
    axes = principal_axes(model)
    equations = Equations.of(merged(axes.model, groups))
    start = equations.chart.start
    if len(groups) > 1:
        # Where the e_k differ by many orders the eigenvectors of A are others than the principal axes.
        known = jax.lax.stop_gradient(equations)
        start = iterate(known.linearise, start, last_step=NEAR)
        A, *_ = known.resolvent(start)
        axes = realign(axes, A, equations.regime.null)
    return axes, start


class Equations(NamedTuple):
    """The equations of a model, as functions of the unknowns of its chart."""

    model: Model
    regime: Regime
    chart: Chart
    n: Float[Array, ""]
    pinned: Bool[Array, ""]  # whether nu = lambda, as without S

    @classmethod
    def of(cls, model: Model) -> "Equations":
        """The equations of a model that is diagonal or in its principal axes."""
        limit = regime(model)
        doubled = limit.at_threshold & ~limit.by_samples
        return cls(
            model=model,
            regime=limit,
            chart=Chart.of(model, limit),
            n=model.n * jnp.where(doubled, 2.0, 1.0),
            # Without a ridge and with a square S nu = 0 = lambda, as if S were absent.
            pinned=(model.width is None) | limit.square | limit.at_threshold,
        )

    def coefficients(self, logs: Logs) -> Float[Array, " unknowns"]:
        """A + nu as multiples p_k e_k of the Sigma_k and nu of I."""
        strengths = self.model.fractions * self.model.weights * self.chart.fit(logs)
        return jnp.append(strengths, self.chart.shift(logs))

    def resolvent(self, logs: Logs) -> tuple[Matrix, Matrix, Matrix]:
        """A, G and nu G."""
        A = jnp.tensordot(self.coefficients(logs)[:-1], self.model.covariances, axes=1)
        nu = self._nu_on_diagonal(logs)
        G = inverse(add_diagonal(A, nu))
        return A, G, product(nu, G)

    def balance(self, logs: Logs, traces: Float[Array, " K"]) -> Float[Array, " unknowns"]:
        """What is left of the equations if these are the tr[Sigma_k G]."""
        model, fit = self.model, self.chart.fit(logs)
        samples = self.chart.residue(logs, model.weights) + model.weights * fit * traces / self.n - 1
        df1 = jnp.sum(model.fractions * model.weights * fit * traces)  # tr[A G]
        width = (df1 + self.chart.gap(logs)) / self.regime.width - 1
        return jnp.append(samples, jnp.where(self.pinned, logs[-1], width))

    def residual(self, logs: Logs) -> Float[Array, " unknowns"]:
        """What is left of the equations."""
        _, G, _ = self.resolvent(logs)
        return self.balance(logs, self._traces(G))

    def linearise(self, logs: Logs) -> tuple[Array, Float[Array, "unknowns unknowns"]]:
        """The residual and its derivatives by d tr[Sigma_k G] = -tr[Sigma_k G d(A + nu) G]."""
        _, G, _ = self.resolvent(logs)
        traces, moved = self._traces(G), -_second_order(self.model, G)
        directly, by_traces = jax.jacfwd(self.balance, argnums=(0, 1))(logs, traces)
        change = directly + by_traces @ moved @ jax.jacfwd(self.coefficients)(logs)
        return self.balance(logs, traces), change

    def solution(self, logs: Logs, steps: Int[Array, ""], ranks: Float[Array, " K"]) -> Equivalent:
        """The equivalent that these unknowns stand for, which so many steps have led to."""
        A, G, shrinkage = self.resolvent(logs)
        status = ending(self.balance(logs, self._traces(G)), steps)
        limit, chart = self.regime, self.chart
        return Equivalent(
            model=self.model,
            regime=limit,
            e=self.model.weights * chart.fit(logs),
            residue=chart.residue(logs, self.model.weights),
            nu=chart.shift(logs),
            gap=jnp.where(limit.at_threshold | limit.square, 0.0, chart.gap(logs)),
            scale=chart.scale(logs),
            A=A,
            G=G,
            shrinkage=shrinkage,
            status=self._judge(status, add_diagonal(A, self._nu_on_diagonal(logs)), G, ranks),
        )

    def _judge(self, status: Status, inverted: Matrix, G: Matrix, ranks: Float[Array, " K"]) -> Status:
        """The status with what is known of this problem: a small residual can be rounding."""
        if not self.model.is_diagonal:
            inverted, G = jax.lax.stop_gradient((inverted, G))
            well = scaled_condition(inverted, G) <= WORST_CONDITION
            status = status.unless(~well, Cause.ILL_CONDITIONED)
        status = status.unless(self._fills_unseen(), Cause.UNSEEN)
        active = (self.model.fractions * self.model.weights) > 0
        smaller = jnp.any(active & (ranks < self.regime.rank))
        return status.renamed((self.model.ridge == 0) & smaller, Cause.RANKS)

    def _fills_unseen(self) -> Bool[Array, ""]:
        """Whether S puts weight on features that only the test set has, as nu = 0 cannot tell.

        There nu G is I for every ridge > 0, however small, and G nu^2 G not 0.
        """
        limit = self.regime
        features = jnp.isfinite(limit.width) & ~limit.by_samples & ~limit.by_width
        variances = diagonal(self.model.test_covariance)
        rounding = len(variances) * jnp.finfo(float).eps * jnp.max(variances)
        unseen = jnp.any(limit.null & (variances > rounding))
        return (self.model.ridge == 0) & features & ~limit.at_threshold & unseen

    def _nu_on_diagonal(self, logs: Logs) -> Float[Array, " d"]:
        """The nu of A + nu for every coordinate.

        Without a ridge nu can be 0: G inverts A on its range, and does not shrink what lies outside it.
        """
        nu = self.chart.shift(logs)
        return nu + jnp.where((nu == 0) & self.regime.null, 1.0, 0.0)

    def _traces(self, G: Matrix) -> Float[Array, " K"]:
        return self.model.traces(self.model.covariances, G)


def _second_order(model: Model, G: Matrix) -> Float[Array, "_ _"]:
    """tr[Sigma_k G Sigma_l G] and, in the last column, tr[Sigma_k G^2]."""
    covariances = model.covariances
    if G.ndim == 1:
        against = jnp.concatenate([covariances, jnp.ones((1, len(G)))])
        return jnp.sum((covariances * model.counted(G * G)[None])[:, None] * against[None], axis=-1)
    turned = covariances @ G
    flat = model.counted(turned).reshape(len(turned), -1)
    mirrored = turned.mT.reshape(len(turned), -1)
    return jnp.column_stack([flat @ mirrored.T, flat @ G.ravel()])
