"""When the first synthetic sample helps: the quality at which it starts to hurt."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.equivalent import Status, solved, stack_linear
from collapse_theory.predict import predict_with_status
from collapse_theory.problem import Problem


def break_even(problem: Problem, source: checks.Whole = 2) -> Float[Array, ""]:
    """The c^2 of a synthetic source below which its first sample lowers the risk.

        c^2 = -d(risk of correct labels)/dn_k  /  (dzeta_k/dn_k per unit c^2)     at n_k = 0

    with zeta_k the share of this source in zeta and everything else as it is in `problem` (the ridge,
    too, which stands beside the mean loss).  For one Sigma, equal noise and weight it is
    -(dE/dlog n) / (V / sigma^2), and for Sigma = I without a ridge sigma^2 + E: synthetic labels help
    as long as they are better than the model's own predictions.  It is negative where even correct
    labels would hurt, which happens on the way up to an interpolation threshold.

    - `source`: which one, counted from 1; its own n does not matter, of its shift only the shape does
      (a multiple of I where it is 0).

    Raises ValueError for a source that is not there, is the real one, or for labels given by `moments`;
    SolveError as `predict` does.  NaN at the ridgeless interpolation threshold.
    """
    K = len(problem.sources)
    if isinstance(source, bool) or not isinstance(source, int | np.integer) or not 2 <= source <= K:
        raise checks.fail("source", repr(source), f"a synthetic source, 2 to {K}")
    if problem.moments is not None:
        raise checks.fail("moments", "given", "None: correlated labels have no quality of their own")
    return solved(*_break_even(problem, int(source) - 1))


@eqx.filter_jit
def _break_even(problem: Problem, k: int) -> tuple[Float[Array, ""], Status]:
    shift = problem.sources[k].shift
    # A scalar shift is c^2 itself; others keep their shape, and their scale cancels below.
    shape = jnp.array(1.0) if shift.ndim == 0 else shift

    def slope(problem: Problem) -> tuple[Array, Array, Status]:
        def risk(n: Array) -> tuple[Array, tuple[Array, Status]]:
            at = eqx.tree_at(lambda tree: tree.sources[k].n, problem, n)
            value, status = predict_with_status(at)
            total = jnp.asarray(value.total)
            return total, (total, status)

        zero, one = jnp.array(0.0), jnp.array(1.0)
        value, change, (_, status) = jax.jvp(risk, (zero,), (one,), has_aux=True)
        return jnp.where(jnp.isinf(value), jnp.nan, change), value, status

    def changed(signal: bool, shift: Array) -> Problem:
        def labels(tree: Problem) -> list:
            return [s.shift for j, s in enumerate(tree.sources) if j != k] + [
                s.noise for s in tree.sources
            ]

        at = eqx.tree_at(lambda tree: tree.sources[k].shift, problem, shift)
        if signal:
            return at
        at = eqx.tree_at(labels, at, [jnp.zeros_like(leaf) for leaf in labels(at)])
        return eqx.tree_at(lambda tree: tree.signal, at, jnp.zeros_like(at.signal))

    correct, _, status = slope(changed(True, jnp.zeros_like(shape)))
    wrong, _, _ = slope(changed(False, shape))
    return -correct / wrong * _quality(problem, k, shape), status


def _quality(problem: Problem, k: int, shift: Array) -> Float[Array, ""]:
    """tr Sigma_k Delta_k."""
    if shift.ndim == 0:
        return shift
    at = eqx.tree_at(lambda tree: tree.sources[k].shift, problem, shift)
    model = stack_linear(at)
    return model.trace(model.covariances[k], model.shifts[k])
