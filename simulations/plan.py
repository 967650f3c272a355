"""From a `Problem` to what a simulation needs: shapes, branches and arrays."""

from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from collapse_theory import Problem, checks
from collapse_theory.activation import linear_only
from collapse_theory.equivalent import Model, stack_linear
from collapse_theory.multiplicity import written_out
from simulations.draw import Constants, Plan
from simulations.features import Entries, laplace, rademacher, student_t
from simulations.nonlinear import NonlinearPlan

Features = str | Entries | Float[Array | np.ndarray, "N d"]
NAMED: dict[str, Entries] = {
    "gaussian": jax.random.normal,
    "rademacher": rademacher,
    "laplace": laplace,
    "student-t": student_t(),
}
EXCESS_KURTOSIS = {"gaussian": 0.0, "rademacher": -2.0, "laplace": 3.0, "student-t": 3.0}

LARGE = 256
# From so many ridges on, one eigendecomposition costs less than a factor for each (`several`).  Its time
# over that of factors, classical model, one LAPACK thread, beside other work, at 4, 6 and 10 ridges:
#     q = 100: 1.2 to 1.4, 0.8 to 1.1, 0.6 to 0.7;      q = 300, one source: 1.1, 0.9, 0.5;
#     q = 500: 1.2 to 1.4, 0.8 to 0.9;                  q = 1000: 1.0 to 1.2, 0.8 to 0.9.
CROSSOVER = 6


def excess_kurtosis(features: str, is_diagonal: bool = True) -> Float[Array, ""] | None:
    """Of the entries of named features, None of Gaussian ones.

    Also None where a covariance matrix mixes them: of correlated entries only the Gaussian part of the
    finite-size term is known.
    """
    return None if features == "gaussian" or not is_diagonal else jnp.array(EXCESS_KURTOSIS[features])


def plan_simulation(
    problem: Problem,
    features: Features,
    dtype: Any,
    ridges: Sequence[float] | None = None,
    unlabelled: bool = False,
) -> tuple[Plan, Constants]:
    """The plan and the arrays of a simulation of `problem`, with several `ridges` in place of its own.

    `unlabelled`: the rows of all sources, which are exchangeable, are drawn as those of one.
    Raises ValueError, naming the argument, where a simulation cannot be what the theory allows:
    sample sizes, widths and multiplicities must be whole numbers.  And for an activation, whose features
    `plan_nonlinear` draws.
    """
    linear_only("this simulation", problem)
    problem = written_out(problem)
    counts = counts_of(problem)
    m = None if problem.width is None else _whole("width", problem.width)
    model = jax.tree.map(np.asarray, eqx.filter_jit(stack_linear)(problem))
    if unlabelled:
        counts = (sum(counts),)
        model = model._replace(covariances=model.covariances[:1], weights=model.weights[:1])
    entries, pool = _features(features, problem.entries)
    if pool is not None and np.ptp(model.covariances, axis=0).any():
        raise ValueError("features = rows: expected one covariance common to all sources")
    arrays = _arrays(model, counts, pool)
    arrays["ridges"] = [float(model.ridge)] if ridges is None else list(ridges)
    covariances = arrays["covariances"]
    d = covariances.shape[-1]
    q = d if m is None else min(m, d)
    compressed = isinstance(features, str) and features == "gaussian"
    condition = compressed and q < d and min(map(_rank, covariances)) >= q
    columns = None if m is None or m >= d else _shape(m, d)
    length = columns if condition and columns is not None else d
    active = sum(
        min(n, q if condition else d)
        for n, weight in zip(counts, model.weights, strict=True)
        if weight > 0
    )
    padded = [_shape(n, length) for n in counts] if compressed else counts
    primal = active >= q or _is_safe(min(arrays["ridges"]), model, active, dtype)
    safe = sum(_is_safe(ridge, model, active, dtype) for ridge in arrays["ridges"])
    plan = Plan(
        counts=None if compressed else counts,
        # What one row's label does is known row by row.
        rows=counts if unlabelled and not compressed else tuple(min(r, length) for r in padded),
        columns=columns,
        primal=primal,
        alike=not np.ptp(covariances, axis=0).any(),
        condition=condition,
        shared=safe if primal and model.correlations is None and safe >= CROSSOVER else 0,
        entries=entries,
        dtype=dtype,
    )
    return plan, _cast(arrays, dtype)


def plan_nonlinear(
    problem: Problem, features: Features, dtype: Any, ridges: Sequence[float]
) -> tuple[NonlinearPlan, Constants]:
    """The plan and the arrays of a simulation of nonlinear features.

    Raises ValueError as `plan_simulation`, and for inputs that are not Gaussian, of which the means of
    features are not known.
    """
    if not (isinstance(features, str) and features == "gaussian"):
        raise checks.fail("features", features, '"gaussian", as there is an activation')
    problem = written_out(problem)
    assert problem.activation is not None
    assert problem.width is not None
    counts = counts_of(problem)
    model = jax.tree.map(np.asarray, eqx.filter_jit(stack_linear)(problem))
    plan = NonlinearPlan(counts, _whole("width", problem.width), problem.activation, dtype)
    return plan, _cast(_arrays(model, counts, None) | {"ridges": list(ridges)}, dtype)


def _cast(arrays: dict[str, Any], dtype: Any) -> Constants:
    cast: dict[str, Any] = {
        name: None if a is None else jnp.asarray(a, dtype) for name, a in arrays.items()
    }
    return Constants(**cast)


def _is_safe(ridge: float, model: Model, samples: int, dtype: Any) -> bool:
    """Whether a system of fewer samples than features can be solved in feature space.

    Rounding there is that of the precision over the square of ridge / largest eigenvalue: at most
    the square root of the precision is accepted, far below the error of any simulation.
    """
    d = model.covariances.shape[-1]
    largest = np.max(model.covariances) * np.max(model.weights) * max(1, d / max(samples, 1))
    return bool(ridge >= np.finfo(dtype).eps ** 0.25 * largest)


def _shape(number: int, most: int) -> int:
    """At least min(number, most), of few values: a sweep is then a few compiled programs.

    Compiling takes seconds, what is padded hardly anything in small problems, and up to the cube of
    3/2 in large ones.
    """
    parts = (2, 8) if most < LARGE else (1, 2, 3, 4, 6, 8)
    return next((shape for part in parts if (shape := -(-part * most // 8)) >= number), most)


def _arrays(model: Model, counts: tuple[int, ...], pool: np.ndarray | None) -> dict[str, Any]:
    """`Constants` in the directions in which some feature varies; the others are never learnt."""
    d = model.covariances.shape[-1]
    covariances, signal, test = model.covariances, model.signal, model.test_covariance
    shifts, correlations, floor = model.shifts, model.correlations, 0.0
    if covariances.ndim == 2:
        varying = (covariances > 0).any(axis=0)
        # Random projections put weight on the other directions too, which a test set may feel.
        if model.width is None or not test[~varying].any():
            floor = np.sum((test * signal)[~varying])
            covariances, shifts = covariances[:, varying], shifts[:, varying]
            signal, test = signal[varying], test[varying]
            correlations = None if correlations is None else correlations[..., varying]
            pool = None if pool is None else pool[:, varying]
    return {
        "counts": counts,
        "weights": model.weights,
        "noises": model.noises,
        "covariances": covariances,
        "roots": np.stack([root(covariance) for covariance in covariances]),
        "shifts": shifts,
        "signal": signal,
        "correlations": correlations,
        "test_covariance": test,
        "width": model.width,
        "scale": 1.0 / d,
        "floor": floor,
        "pool": pool,
    }


def _features(features: Features, d: int) -> tuple[Entries, np.ndarray | None]:
    if isinstance(features, str):
        if features not in NAMED:
            raise ValueError(f"features = {features!r}: expected one of {', '.join(NAMED)}")
        return NAMED[features], None
    if callable(features):
        return features, None
    expected = f"a name, a function or rows of shape (N, {d})"
    pool = checks.floating("features", features, (2,), expected)
    if pool.shape[1] != d:
        raise checks.fail("features", f"an array of shape {pool.shape}", expected)
    return NAMED["gaussian"], np.asarray(pool)


def counts_of(problem: Problem) -> tuple[int, ...]:
    """The n_k.  Raises ValueError for one that is not whole."""
    return tuple(_whole(f"n of source {k}", s.n) for k, s in enumerate(problem.sources, start=1))


def _whole(name: str, value: Array) -> int:
    number = float(value)
    # n_1 = n - p_2 n is whole only up to rounding.
    if abs(number - round(number)) > 1e-9 * number:
        raise checks.fail(name, f"{number:.12g}", "a whole number, to simulate it")
    return round(number)


def root(covariance: np.ndarray) -> np.ndarray:
    """F with F F^T = covariance, of eigenvalues or a matrix."""
    if covariance.ndim == 1:
        return np.sqrt(covariance)
    eigenvalues, basis = np.linalg.eigh(covariance)
    # Eigenvalues that are rounding of 0 have square roots that are not.
    rounding = len(covariance) * np.finfo(float).eps * eigenvalues[-1]
    return basis * np.sqrt(np.where(eigenvalues > rounding, eigenvalues, 0))


def _rank(covariance: np.ndarray) -> int:
    return int(np.linalg.matrix_rank(covariance) if covariance.ndim == 2 else (covariance > 0).sum())
