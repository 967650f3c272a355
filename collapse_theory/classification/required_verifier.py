"""How good a verifier must be for synthetic labels to help."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optimistix as optx
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.classification.error import Angled, error_with_status, with_truth
from collapse_theory.classification.sign_labels import Labels
from collapse_theory.equivalent import Status, solved
from collapse_theory.problem import Problem

# Steps in which the ratio psi / phi is tried first; between two of them it is bisected.
STEPS = 32
TOLERANCE = 1e-10


def required_verifier(
    problem: Problem,
    labels: Labels | None = None,
    source: checks.Whole = 2,
    *,
    ridges: checks.Matrix | None = None,
) -> Float[Array, ""]:
    """The ratio psi / phi of a verifier of source k below which its samples lower the error.

        classification_error with source k, at (phi, psi)  =  classification_error without it

    at the phi that its verifier has in `labels`: 1 where they help even if right and wrong labels are
    kept alike, 0 where they do not even with a perfect verifier.  Of several such ratios it is the
    smallest, as far as steps of 1/32 can tell.  Where labels err at random it tends to a ratio > 0 as n
    grows; where they are another function's it is 0 from some n on (ours).

    - `problem`, `labels`: as of `classification_error`; the psi of source k plays no part;
    - `source`: which one, counted from 1;
    - `ridges`: the error with and without the source is the smallest at any of these, a vector; None: at
      that of `problem`.

    Raises ValueError for a source that is not there, where no other has samples, and for ridges below 0;
    SolveError as `predict`.
    """
    K = len(problem.sources)
    if isinstance(source, bool) or not isinstance(source, int | np.integer) or not 1 <= source <= K:
        raise checks.fail(
            "source", repr(source), f"a whole number from 1 to {K}, a source of the problem"
        )
    others = [checks.concrete(s.n * s.weight) for k, s in enumerate(problem.sources, 1) if k != source]
    if all(count is not None and not count for count in others):
        raise checks.fail("n", f"0 in every source but {source}", "samples of another one")
    grid = problem.ridge[None] if ridges is None else checks.floating("ridges", ridges, (1,), "a vector")
    known = checks.concrete(grid)
    if known is not None and (known < 0).any():
        raise checks.fail("ridges", known, "numbers >= 0")
    return solved(*_required(with_truth(problem, labels), grid, int(source) - 1))


@eqx.filter_jit
def _required(angled: Angled, ridges: Float[Array, " R"], k: int) -> tuple[Float[Array, ""], Status]:
    def least(angled: Angled) -> tuple[Array, Status]:
        def at(ridge: Array) -> tuple[Array, Status]:
            return error_with_status(eqx.tree_at(lambda tree: tree.problem.ridge, angled, ridge), False)

        errors, statuses = jax.vmap(at)(ridges)
        return jnp.min(errors), Status.worst(statuses)

    def gain(ratio, question):
        """The error that is saved, and a status."""
        angled, alone = question
        verifier = angled.labels.verifier
        psi = verifier.keep_wrong.at[k].set(ratio * verifier.keep_right[k])
        at = eqx.tree_at(lambda tree: tree.labels.verifier.keep_wrong, angled, psi)
        error, status = least(at)
        return alone - error, status

    without = eqx.tree_at(lambda tree: tree.problem.sources[k + 1].n, angled, jnp.array(0.0))
    alone, status = least(without)
    question = (angled, alone)
    fixed = jax.lax.stop_gradient(question)
    tried = jnp.linspace(0.0, 1.0, STEPS + 1)
    gains, statuses = jax.lax.map(lambda ratio: gain(ratio, fixed), tried)
    harmful = ~(gains > 0)
    first = jnp.argmax(harmful)
    bracket = {"lower": tried[jnp.maximum(first - 1, 0)], "upper": tried[jnp.maximum(first, 1)]}
    root: optx.Solution = optx.root_find(
        gain,
        optx.Bisection(rtol=0.0, atol=TOLERANCE, flip=True),  # type: ignore[call-arg]  # a ClassVar
        bracket["lower"],
        question,
        options=bracket,
        has_aux=True,
        throw=False,
    )
    every = jax.tree.map(lambda one, many: jnp.append(many, one), status, statuses)
    ratio = jnp.where(harmful.any(), jnp.where(first == 0, 0.0, root.value), 1.0)
    return ratio, Status.worst(every)
