"""How often sign(x.w_hat) is not sign(x.w_1), for a model trained on labels that are signs."""

from dataclasses import replace

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory.activation import linear_only
from collapse_theory.classification.sign_labels import (
    Labels,
    SignLabels,
    check_kept,
    of_sources,
    stacked,
)
from collapse_theory.classification.teachers import directions, teachers
from collapse_theory.equivalent import (
    ErrorSystem,
    Groups,
    Status,
    alike,
    solve,
    solved,
    stack,
)
from collapse_theory.problem import Problem, Source


class LabelQuality(eqx.Module):
    """What a verifier leaves of every source, arrays (K,).

    - `kept`: the share of its samples;
    - `wrong`: the share of wrong labels in what is kept; 0 where nothing is.
    """

    kept: Float[Array, " K"]
    wrong: Float[Array, " K"]


class Angled(eqx.Module):
    """A problem with the truth as its source of index 0, which is empty, and labels of the others."""

    problem: Problem
    labels: SignLabels  # of arrays (K,)
    groups: Groups | None = eqx.field(static=True)


def classification_error(problem: Problem, labels: Labels | None = None) -> Float[Array, ""]:
    """The probability that sign(x.w_hat) differs from sign(x.w_1) on the test covariance.

        error = arccos(q_01 / sqrt(q_00 q_11)) / pi,      q_11 = E w_hat^T Sigma_test w_hat,
        q_01 = E w_hat^T Sigma_test w_1,     q_00 = E w_1^T Sigma_test w_1,

    where w_hat is ridge regression, as `problem` says, on labels -1 and 1.  To it, signs that are
    flipped with probability f are labels of a linear teacher sqrt(2/pi) (1 - 2 f) w_k / |w_k|, of noise
    1 - (2/pi) (1 - 2 f)^2.  A verifier who knows w_1 selects on x where w_k is another vector, which
    changes the law of the inputs too: `teachers` has what takes their place, exact in the limit (ours).
    Any sources, weights, ridge and width.

    - `problem`: w_k by signal, shifts or moments, whose common scale does not matter; the noise of a
      source is inside of its sign; its n_k counts samples *before* they are verified, of which the share
      that is kept (see `label_quality`) is trained on: n in the loss is the number of those;
    - `labels`: `SignLabels` of all sources, or one for each; None: clean signs.

    A limit: at finite d the angle fluctuates, and the gap is O(1/d).  1/2 at the ridgeless interpolation
    threshold.  Like an angle it is not differentiable at 0, where derivatives are returned as 0.
    Raises ValueError for labels that do not fit the problem, and SolveError as `predict`.
    """
    return solved(*error_with_status(with_truth(problem, labels), False))


def classification_plateau(problem: Problem, labels: Labels | None = None) -> Float[Array, ""]:
    """The `classification_error` as n -> infinity at fixed fractions, ridge and width.

    With independent flips of true labels it is 0 or 1, whichever side of the breakdown point

        p* = 1 / (1 + psi / phi)

    the share of flips lies on (arXiv 2406.07515, there for two Gaussian classes).  Of another function's
    labels a perfect verifier leaves half of the errors: it keeps the inputs where both functions agree,
    and the best linear predictor of their labels lies halfway between the two (ours; one covariance of
    full rank, no ridge).
    """
    return solved(*error_with_status(with_truth(problem, labels), True))


def label_quality(problem: Problem, labels: Labels | None = None) -> LabelQuality:
    """The share of samples that verifiers keep, and of wrong labels among them.

    Arguments as of `classification_error`; with independent flips of true labels what `Verifier` says.
    """
    return _quality(with_truth(problem, labels))


def with_truth(problem: Problem, labels: Labels | None) -> Angled:
    """The problem with a source more, the first, that is empty and labelled by w_1 itself."""
    linear_only("classification", problem)
    every = of_sources(problem, labels)
    check_kept(problem, every)
    known = stacked(every)
    real = problem.sources[0]
    truth = Source(0.0, real.covariance, 0.0, 0.0, real.weight)
    moments = problem.moments
    if moments is not None:
        which = jnp.array([0, *range(len(moments))])
        moments = moments[which][:, which]
    whole = replace(problem, sources=(truth, *problem.sources), moments=moments)
    return Angled(whole, known, alike(whole))


@eqx.filter_jit
def error_with_status(angled: Angled, endless: bool) -> tuple[Float[Array, ""], Status]:
    """`classification_error` without its guard."""
    model = stack(angled.problem)
    known = directions(model, angled.labels)
    counts = model.n * model.fractions * jnp.append(1.0, known.law.share)
    n = counts.sum()
    kept = model._replace(n=jnp.array(jnp.inf) if endless else n, fractions=counts / n)
    equivalent = solve(kept, angled.groups)
    size = kept.trace(kept.covariances[0], kept.signal)
    labels = teachers(equivalent, known, jnp.sqrt(2 / jnp.pi / size))
    moments = {(j, k): block for j, row in enumerate(labels.blocks) for k, block in enumerate(row)}
    errors = ErrorSystem(equivalent)
    forcing = errors.misfits(moments) + jnp.concatenate([jnp.zeros(1), labels.noises, jnp.zeros(1)])
    risk = errors.risk(forcing[:, None])[0]
    test = equivalent.model.test_covariance
    short = equivalent.model.trace(test, errors.predictor.overlap(moments))
    truth = equivalent.model.trace(test, moments[0, 0])
    return _angle(truth, short, risk) / jnp.pi, equivalent.status


def _angle(truth: Array, short: Array, risk: Array) -> Float[Array, ""]:
    """That between w_hat and u = scale w_1, by |u|^2, (w_hat - u).u and |w_hat - u|^2."""
    squared = truth * risk - short**2  # |u|^2 times what is across u
    across = squared > 0
    height = jnp.where(across, jnp.sqrt(jnp.where(across, squared, 1.0)), 0.0)
    nothing = (height == 0) & (truth + short == 0)
    return jnp.where(nothing, jnp.pi / 2, jnp.arctan2(height, jnp.where(nothing, 1.0, truth + short)))


@eqx.filter_jit
def _quality(angled: Angled) -> LabelQuality:
    law = directions(stack(angled.problem), angled.labels).law
    return LabelQuality(law.share, law.wrong)
