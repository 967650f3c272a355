"""`simulate_classification(problem, labels)`: a classifier of signs that are flipped and verified."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from collapse_theory import Problem
from collapse_theory.classification.sign_labels import Labels, SignLabels, of_sources, stacked
from collapse_theory.equivalent.algebra import product
from simulations.algebra import form
from simulations.draw import Constants, Plan, draw
from simulations.generations import in_full
from simulations.measure import Measured, labelling_vectors
from simulations.plan import counts_of, plan_simulation
from simulations.pooled import COLUMNS, Normal, Triangle
from simulations.seeds import Estimate, Number, over_seeds, summarise


class Labelled(NamedTuple):
    """A problem's arrays and how its labels come about."""

    constants: Constants
    labels: SignLabels  # of arrays (K,)

    @property
    def ridges(self) -> Float[Array, " R"]:
        """Of the fit."""
        return self.constants.ridges


def simulate_classification(
    problem: Problem,
    labels: Labels | None = None,
    seeds: Number = 64,
    key: Number = 0,
    *,
    memory: Number = 2**32,
    progress: bool | Callable[[int], object] = False,
) -> Estimate:
    """The share of inputs on which sign(x.w_hat) is not sign(x.w_1), averaged over draws of everything.

    Every seed draws w_1 and the shifts, n_k inputs a source, their labels sign(x.w_k + noise), flips and
    what the verifier keeps, fits ridge regression to the labels that are left, with lambda beside their
    mean loss, and measures the angle between w_hat and w_1 on the test covariance, which over pi is the
    share of Gaussian test inputs that are classified otherwise: exact given w_hat.

    Arguments as of `collapse_theory.classification_error`; the estimate is of the total (`mean.total`).
    O(n d^2) a seed.  Raises ValueError and ArithmeticError as `simulate` does.
    """
    known = stacked(of_sources(problem, labels))
    plan, constants = plan_simulation(problem, "gaussian", jnp.dtype(float))
    counts = counts_of(problem)
    plan = in_full(plan, constants)._replace(counts=counts, rows=counts)
    d = constants.covariances.shape[-1]
    need = 8.0 * (10 * d * d + 4 * sum(counts) * d)
    data = Labelled(constants, known)
    errors = over_seeds(classified, plan, data, need, seeds, key, memory, progress)
    return summarise(errors[..., 0])  # of one ridge


def classified(
    key: Key[Array, ""], plan: Plan, data: Labelled, rank_revealing: bool = False
) -> Measured:
    """The error of one model, trained on one draw of everything."""
    constants = data.constants
    inputs_key, vectors_key, labels_key = jax.random.split(key, 3)
    rows = draw(inputs_key, plan, constants)
    vectors = labelling_vectors(vectors_key, constants)
    keys = jax.random.split(labels_key, len(vectors))
    features, answers, count = [], [], jnp.array(0.0)
    for k, (X, w) in enumerate(zip(rows.inputs, vectors, strict=True)):
        law = jax.tree.map(lambda leaf, k=k: leaf[k], data.labels)
        y, keeps = _labelled(keys[k], X @ w, X @ vectors[0], constants.noises[k], law)
        # A sample that is discarded weighs nothing.
        scale = jnp.where(keeps, jnp.sqrt(constants.weights[k]), 0.0)
        features.append(scale[:, None] * (X if rows.S is None else X @ rows.S))
        answers.append(scale * y)
        count += jnp.sum(keeps.astype(X.dtype))
    y = jnp.concatenate(answers)
    columns = jnp.zeros((len(y), COLUMNS)).at[:, 0].set(y)
    pool = (Triangle if rank_revealing else Normal).of(jnp.concatenate(features), columns)
    v, rounding = pool.solve(constants.ridges[0] * count)
    w_hat = v[:, 0] if rows.S is None else rows.S @ v[:, 0]
    return _error(w_hat, vectors[0], constants)[None, None], rounding[None]


def _labelled(
    key: Key[Array, ""], score: Array, truth: Array, noise: Array, law: Any
) -> tuple[Array, Array]:
    """Labels and which of them the verifier keeps."""
    noise_key, flip_key, keep_key = jax.random.split(key, 3)
    y = jnp.sign(score + jnp.sqrt(noise) * jax.random.normal(noise_key, score.shape))
    y = jnp.where(jax.random.bernoulli(flip_key, law.flip, y.shape), -y, y)
    right = y == jnp.sign(truth)
    chance = jnp.where(right, law.verifier.keep_right, law.verifier.keep_wrong)
    return y, jax.random.bernoulli(keep_key, chance)


def _error(w_hat: Array, w_1: Array, constants: Constants) -> Float[Array, ""]:
    """The angle over pi; 1/2 for no answer at all."""
    test = constants.test_covariance
    size, truth = form(test, w_hat), form(test, w_1) + constants.floor
    product_of_sizes = jnp.where(size > 0, size * truth, 1.0)
    cosine = w_hat @ product(test, w_1) / jnp.sqrt(product_of_sizes)
    return jnp.arccos(jnp.clip(cosine, -1.0, 1.0)) / jnp.pi
