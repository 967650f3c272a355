"""Averages of models that were trained on data of their own, instead of one model of all data."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.activation import linear_only
from collapse_theory.equivalent import Groups, Moments, Status, alike, solved, stack
from collapse_theory.equivalent.algebra import identity
from collapse_theory.predict import excess_risk
from collapse_theory.problem import Problem
from collapse_theory.risk import Risk
from collapse_theory.training.division import checked_ridges, checked_shares, part
from collapse_theory.training.linear_model import LinearModel, form, train
from collapse_theory.training.one_projection import OneProjection

ROUNDING = 1e-9  # of weights that add up to one
# Products of models as good as equal have no best weights: these are shared equally.
EQUAL = 1e-13


class Average(eqx.Module):
    """The average of several models, and what it is made of.

    - `weights`: a_i, which add up to 1;  `risk`: that of sum_i a_i w_hat_i;
    - `products`: every part a matrix (models, models), E (w_hat_i - w_1)^T Sigma_test (w_hat_j - w_1),
      the risks of the models themselves on the diagonal: risk = a^T products a, part by part.
    """

    weights: Float[Array, " models"]
    risk: Risk
    products: Risk


def average_models(
    problem: Problem,
    ridges: checks.Matrix | None = None,
    weights: checks.Matrix | None = None,
    shares: checks.Matrix | None = None,
    one_projection: bool = True,
) -> Average:
    """The excess test error of an average of models, w_hat = sum_i a_i w_hat_i, each with its own data.

        risk = sum_ij a_i a_j E (w_hat_i - w_1)^T Sigma_test (w_hat_j - w_1) .

    Independent data have no noise in common, so only means meet: for one covariance, the classical model
    and real labels the product of two models is (ours)

        kappa_1 kappa_2 tr[Gamma Sigma (Sigma + kappa_1)^-1 (Sigma + kappa_2)^-1] .

    Labelling vectors are those of `problem` in all models.

    - `ridges`: one a model, by default the problem's;
    - `weights`: a_i, of any sign, which add up to 1; None: the best, a linear system's solution;
    - `shares`: (models, K), which share of the samples of source k trains model i, columns at most 1; by
      default every source trains a model of its own;
    - `one_projection`: whether all models have the same S, so that their weights v are what is averaged;
      otherwise each has its own (an ensemble).  The same without a width.

    Raises ValueError for shares, ridges or weights out of range, of the wrong number or sum; SolveError
    as `predict` does.  A model at its interpolation threshold has infinite risk: the best weight is 0.
    """
    linear_only("the average of models", problem)
    K = len(problem.sources)
    models = K if shares is None else len(np.atleast_1d(np.empty(np.shape(shares))))
    parts = jnp.eye(K) if shares is None else checked_shares("shares", shares, (models, K))
    strengths = checked_ridges("ridges", ridges, models, problem)
    given = None if weights is None else _checked_weights(weights, models)
    return solved(*_average(problem, strengths, given, parts, bool(one_projection), alike(problem)))


@eqx.filter_jit
def _average(
    problem: Problem,
    ridges: Float[Array, " models"],
    weights: Float[Array, " models"] | None,
    shares: Float[Array, "models K"],
    one_projection: bool,
    groups: Groups | None,
) -> tuple[Average, Status]:
    def single(share: Array, ridge: Array) -> tuple[LinearModel, Float[Array, " 3"], Status]:
        trained, errors, status = train(part(problem, share, ridge), groups)
        risk = excess_risk(errors.equivalent)
        # Back in the coordinates that the problem came in, which all models share.
        return trained.turned(errors.equivalent.basis), jnp.stack(jax.tree.leaves(risk)), status

    trained, risks, statuses = jax.vmap(single)(shares, ridges)
    model = stack(problem)
    test = model.test_covariance

    def product(one: LinearModel, other: LinearModel) -> Float[Array, " 3"]:
        overlap = OneProjection(other, one, model).overlap(test) if one_projection else jnp.array(0.0)

        def of(moments: Moments) -> Array:
            total = jnp.array(0.0)
            for (j, k), moment in moments.items():
                total += form(model, test, one.errors[j], moment, other.errors[k])
                total += overlap * form(model, identity(test), one.means[j], moment, other.means[k])
            return total

        return jnp.stack([of(model.signal_moments), jnp.array(0.0), of(model.shift_moments)])

    crossed = jax.vmap(lambda one: jax.vmap(lambda other: product(one, other))(trained))(trained)
    alone = jnp.eye(len(ridges), dtype=bool)[..., None]
    products = jnp.where(alone, risks[:, None], (crossed + crossed.swapaxes(0, 1)) / 2)
    a = _best(products.sum(axis=-1)) if weights is None else weights
    both = (a[:, None] * a[None])[..., None]
    risk = jnp.where(both == 0, 0.0, both * products).sum(axis=(0, 1))
    average = Average(a, Risk(*risk), Risk(*jnp.moveaxis(products, -1, 0)))
    return average, Status.worst(statuses)


def _best(products: Float[Array, "models models"]) -> Float[Array, " models"]:
    """The a of smallest a^T products a that adds up to 1: products a is the same for every model."""
    finite = jnp.isfinite(jnp.diagonal(products))
    usable = jnp.where(finite.any(), finite, True)
    both = usable[:, None] & usable[None] & jnp.isfinite(products)
    system = jnp.where(both, products, 0.0)
    size = jnp.trace(system)
    size = jnp.where(size > 0, size, 1.0)
    ridge = jnp.where(usable, EQUAL * size, size)
    solution = jnp.linalg.solve(system + jnp.diag(ridge), jnp.where(usable, 1.0, 0.0))
    return solution / solution.sum()


def _checked_weights(weights: checks.Matrix, models: int) -> Float[Array, " models"]:
    expected = f"{models} numbers that add up to 1"
    array = checks.floating("weights", weights, (1,), expected)
    values = checks.concrete(array)
    if array.shape != (models,) or (values is not None and abs(values.sum() - 1) > ROUNDING):
        raise checks.fail("weights", array if values is None else values, expected)
    return array
