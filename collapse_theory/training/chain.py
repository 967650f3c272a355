"""Chains of models: rounds with sizes, ridges and widths of their own, labelled by earlier models."""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from collapse_theory import checks
from collapse_theory.activation import linear_only
from collapse_theory.equivalent import Status, alike, solve, solved, stack
from collapse_theory.equivalent.algebra import Matrix, expand
from collapse_theory.equivalent.groups import Groups
from collapse_theory.equivalent.handed_on import CAUSES, SHIFT, SIGNAL, HandedOn
from collapse_theory.problem import Problem
from collapse_theory.risk import Risk

# For each round and each of its sources the round whose model labels it, counted from 1, or 0.
Labellers = tuple[tuple[int, ...], ...]
# A part for each cause of E[delta_s x^T], or of a matrix of such blocks.
Block = Float[Array, "causes *matrix"]


def chain(problems: Sequence[Problem], labellers: Sequence[Sequence[int]] | None = None) -> Risk:
    """The excess test error of models of which later ones learn from earlier ones, shape (rounds,).

    Round t trains on problems[t-1]: any sources, ridge, width and test set.  A source that the model of
    an earlier round s labels has labels x.w_k + noise with

        w_k = w_hat_s + eta_k,      eta_k ~ N(0, Delta_k),

    Delta_k being its `shift`, an error of its own (0: the bare model).  Features, noise, the eta_k and
    the projections S of all rounds are independent.  What an earlier model errs by, delta_s = w_hat_s -
    w_1, then matters through second moments only, which every round hands on:

        E[delta_t delta_s^T] = sum_j R_j E[v_j delta_s^T],    w_bar - w_1 = sum_j R_j v_j,
        E[delta_t delta_t^T] = E[(w_bar - w_1)(w_bar - w_1)^T]
                               + sum_k (p_k e_k^2 E_k / n) G_S Sigma_k G_S      (ours).

    Rounds that are all alike are `generations`; a student of a teacher's labels alone has source 1 with
    n = 0, whose covariance is that of the test set.

    - `problems`: one for each round, of one true signal, dimension and `multiplicities`;
    - `labellers`: for every round a number for each of its sources: the round s < t whose model labels
      it, or 0 for one that is labelled by w_1 + eta_k, as in `Problem` (source 1 always is).  None:
      from round 2 on the last source is labelled by the model of the round before, all others are not.

    Parts are those of first causes: bias of the signal, variance of all label noise so far, zeta of all
    shifts.  What is infinite in a teacher is so in its students.  Costs as `predict`, for each round;
    rounds of the same shapes share a compiled program.

    Raises ValueError for labellers that are not as described, and problems that do not share a signal;
    SolveError as `predict`.
    """
    rounds = tuple(problems) if isinstance(problems, list | tuple) else ()
    if not rounds or not all(isinstance(problem, Problem) for problem in rounds):
        raise checks.fail("problems", repr(problems), "a sequence of at least one Problem")
    linear_only("a chain of models", *rounds)
    teachers = _labellers(rounds, labellers)
    _check(rounds)
    return solved(*_chained(_of_one_kind(rounds), teachers))


def _chained(problems: tuple[Problem, ...], labellers: Labellers) -> tuple[Risk, Status]:
    signal = _signal(problems[0])
    none = jnp.zeros((CAUSES, *signal.shape))
    # (0, 0) is w_1, (s, u) are models s >= u: E[delta_s delta_u^T], and E[delta_s w_1^T] for u = 0.
    known: dict[tuple[int, int], Block] = {(0, 0): none.at[SIGNAL].set(signal)}
    infinite: dict[int, Bool[Array, " causes"]] = {0: jnp.zeros(CAUSES, bool)}
    parts, statuses = [], []

    def moment(s: int | None, u: int | None) -> Block:
        if s is None or u is None:
            return none
        return known[s, u] if s >= u else jax.vmap(jnp.transpose)(known[u, s])

    for t, (problem, teachers) in enumerate(zip(problems, labellers, strict=True), start=1):
        # Coordinates: w_1, then for each other source its teacher, None where it has none.
        taught = [0, *(s or None for s in teachers[1:])]
        others = [0, *sorted({s for row in labellers[t:] for s in row if 0 < s < t})]
        labels = [[moment(s, u) for u in taught] for s in taught]
        outside = [[moment(s, u) for u in others] for s in taught]
        risk, spread, crosses, at_threshold, status = _one_round(
            problem, _stacked(labels), _stacked(outside), alike(problem)
        )
        counted = [source.n * source.weight > 0 for source in problem.sources]
        inherited = [infinite[s] & counts for s, counts in zip(teachers, counted, strict=True)]
        unbounded = jnp.any(jnp.stack([*inherited, ~jnp.isfinite(risk)]), axis=0)
        parts.append(jnp.where(unbounded, jnp.inf, risk))
        statuses.append(status)
        # What is infinite has no moments to hand on; what it touches is marked in its place.
        infinite[t] = unbounded
        mask = (unbounded | at_threshold).reshape(-1, *(1,) * signal.ndim)
        known[t, t] = jnp.where(mask, 0.0, spread)
        for position, s in enumerate(others):
            known[t, s] = jnp.where(mask, 0.0, crosses[:, position])
    return Risk(*jnp.stack(parts, axis=1)), Status.worst(
        jax.tree.map(lambda *leaves: jnp.stack(leaves), *statuses)
    )


def _stacked(blocks: list[list[Block]]) -> Float[Array, "causes rows columns *matrix"]:
    return jnp.stack([jnp.stack(row, axis=1) for row in blocks], axis=1)


@eqx.filter_jit
def _one_round(
    problem: Problem,
    labels: Float[Array, "causes K K *matrix"],
    outside: Float[Array, "causes K others *matrix"],
    groups: Groups | None,
) -> tuple[Float[Array, " causes"], Block, Float[Array, "causes others *matrix"], Array, Status]:
    """Risk, E[delta delta^T] and E[delta x^T] for several x, from E[v_j v_k^T] and E[v_j x^T].

    All in the coordinates of the problem; the round itself may need others.
    """
    equivalent = solve(stack(problem), groups)
    basis, model = equivalent.basis, equivalent.model
    if basis is not None:
        labels, outside = (_between(basis.T, array, basis) for array in (labels, outside))
    for (j, k), own in model.shift_moments.items():
        labels = labels.at[SHIFT, j, k].add(own)
    if model.correlations is not None:  # of round 1 alone, where w_1 is all there is outside
        outside = outside.at[SHIFT, :, 0].set(model.correlations[:, 0].at[0].set(0.0))
    handed_on = HandedOn(equivalent)
    risk, spread = handed_on.fit(labels)
    crosses = jax.vmap(handed_on.cross, in_axes=2, out_axes=1)(outside)
    if basis is not None:
        spread, crosses = (_between(basis, array, basis.T) for array in (spread, crosses))
    return risk, spread, crosses, equivalent.regime.at_threshold, equivalent.status


def _between(left: Array, matrices: Array, right: Array) -> Array:
    """left M right for all matrices M of a stack."""
    return left @ matrices @ right


@eqx.filter_jit
def _signal(problem: Problem) -> Matrix:
    return stack(problem).signal


def _of_one_kind(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """All with eigenvalues, or all with matrices."""
    if all(problem.is_diagonal for problem in problems):
        return problems
    return tuple(_dense(problem) if problem.is_diagonal else problem for problem in problems)


def _dense(problem: Problem) -> Problem:
    covariance = jnp.asarray(problem.sources[0].covariance)
    like = jnp.ones(problem.entries)
    matrix = expand(covariance * like if covariance.ndim == 0 else covariance, 2)
    return eqx.tree_at(lambda tree: tree.sources[0].covariance, problem, matrix)


def _labellers(problems: tuple[Problem, ...], labellers: object) -> Labellers:
    counts = [len(problem.sources) for problem in problems]
    if labellers is None:
        for t, count in enumerate(counts[1:], start=2):
            if count < 2:
                expected = "at least two, of which the last is labelled by the model before"
                raise checks.fail(f"sources of round {t}", count, expected)
        return tuple((0,) * (K - 1) + (t,) for t, K in enumerate(counts))
    expected = f"for each of {len(problems)} rounds a number for each of its sources"
    try:
        rows = tuple(tuple(int(s) for s in row) for row in labellers)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        raise checks.fail("labellers", labellers, expected) from None
    if [len(row) for row in rows] != counts:
        raise checks.fail("labellers", labellers, expected)
    for t, row in enumerate(rows, start=1):
        if row[0] or not all(0 <= s < t for s in row):
            wanted = f"0 for source 1, and rounds from 0 to {t - 1} for others"
            raise checks.fail(f"labellers of round {t}", row, wanted)
    return rows


def _check(problems: tuple[Problem, ...]) -> None:
    """What all rounds must have in common."""
    first = problems[0]
    signals = [checks.concrete(_signal(problem)) for problem in _of_one_kind(problems)]
    for t, problem in enumerate(problems[1:], start=2):
        if problem.entries != first.entries:
            expected = f"{first.entries}, as in round 1"
            raise checks.fail(f"dimension of round {t}", problem.entries, expected)
        counts = [p.multiplicities for p in (first, problem)]
        if (counts[0] is None) != (counts[1] is None) or _differ(*map(_known, counts)):
            raise checks.fail(f"multiplicities of round {t}", counts[1], "those of round 1")
        if problem.moments is not None:
            expected = "None: in later rounds signal, shifts and labellers tell what labels are"
            raise checks.fail(f"moments of round {t}", "an array", expected)
        if _differ(signals[0], signals[t - 1]):
            expected = "that of round 1: all rounds have one true w_1"
            raise checks.fail(f"signal of round {t}", signals[t - 1], expected)


def _known(value: Array | None) -> np.ndarray | None:
    return None if value is None else checks.concrete(value)


def _differ(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    return one is not None and other is not None and not np.allclose(one, other, 1e-9, 0)
