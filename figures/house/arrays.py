"""From a function x -> problem to arrays along x: problems as one batch, and what comes of them."""

import hashlib
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from collapse_theory import Problem, Risk, StandardErrors, checks
from collapse_theory.compress import compress_batch
from collapse_theory.equivalent import Groups, alike, solved
from collapse_theory.finite_size import limit_and_term
from simulations import Estimate
from simulations.plan import excess_kurtosis

PARTS = ("bias", "variance", "zeta", "total")
# Predictions are computed this many at a time: curves of any length share one program.
CHUNK = 64


class Curve(NamedTuple):
    """The parts of the error along x, arrays; None for one that was not measured by itself."""

    bias: Any
    variance: Any
    zeta: Any
    total: Any


class Theory(NamedTuple):
    """The limit along x, part by part, and the same of models of finite size."""

    bias: Any
    variance: Any
    zeta: Any
    total: Any
    finite: Curve  # limit and finite-size term; the limit where there is no term


class Points(NamedTuple):
    """Simulated means along x and their standard errors."""

    mean: Curve
    stderr: Curve


def batch(make: Callable[[Any], Any], xs: Any) -> Any:
    """The problems `make(x)` stacked into one, a `vmap` over x."""
    return jax.vmap(make)(jnp.asarray(xs, dtype=float))


def at(problems: Problem, index: Any) -> Problem:
    """One of a batch of problems, or several."""
    return jax.tree.map(lambda leaf: leaf[index], problems)


def random_key(problem: Problem) -> int:
    """A random key of this problem's own: 63 bits of the SHA-256 of its numbers.

    They are rounded to single precision, since their last digits differ between machines.
    """
    digest = hashlib.sha256()
    for leaf in jax.tree.leaves(problem):
        values = np.asarray(leaf, dtype="<f4")
        digest.update(f"{values.shape}".encode() + values.tobytes())
    return int.from_bytes(digest.digest()[:8], "big") >> 1


def activations(content: Any) -> list[str]:
    """The names, with their modules, of the activations of all problems in a pytree.

    Raises ValueError for a function without a name of its own, which could not be told from others.
    """
    problems = jax.tree.leaves(content, is_leaf=lambda node: isinstance(node, Problem))
    functions = [getattr(problem, "activation", None) for problem in problems]
    names = [f"{f.__module__}.{f.__qualname__}" for f in functions if f is not None]
    for name in names:
        if "<" in name:
            raise checks.fail("activation", name, "a function of a module, with a name of its own")
    return names


@cache
def compiled(function: Callable[[Any], Any]) -> Callable[[Any], jax.Array]:
    """`function` for a batch, compiled once for all curves."""
    return jax.jit(jax.vmap(function))


def in_chunks(program: Callable[[Any], jax.Array], problems: Any) -> np.ndarray:
    """`program` on a batch of any length, `CHUNK` problems at a time."""
    count = len(jax.tree.leaves(problems)[0])
    chunks = [
        np.asarray(program(at(problems, np.minimum(np.arange(start, start + CHUNK), count - 1))))
        for start in range(0, count, CHUNK)
    ]
    return np.concatenate(chunks)[:count]


def predictions(problems: Problem, features: str = "gaussian") -> dict[str, np.ndarray]:
    """The theory of a batch of problems, part by part; NaN where there is no solution.

    `features` are those of finite models, by name.  `finite_...` is limit and finite-size term.
    """
    names = [*PARTS, *(f"finite_{part}" for part in PARTS)]
    problems = compress_batch(jax.tree.map(np.asarray, problems))
    program = compiled(_parts(features, alike(problems)))
    return dict(zip(names, in_chunks(program, problems).T, strict=True))


@cache
def _parts(features: str, groups: Groups | None) -> Callable[[Problem], jax.Array]:
    def parts(problem: Problem) -> jax.Array:
        limit, term, status = limit_and_term(problem, excess_kurtosis(features), groups)
        limits, terms = (
            jnp.stack([getattr(risk, part) for part in PARTS]) for risk in solved((limit, term), status)
        )
        return jnp.concatenate([limits, limits + jnp.where(jnp.isnan(terms), 0.0, terms)])

    return parts


def of_risk(risk: Risk | StandardErrors) -> dict[str, np.ndarray]:
    """The parts of a risk by name, those that there are."""
    parts = {part: getattr(risk, part) for part in PARTS}
    return {part: np.asarray(value) for part, value in parts.items() if value is not None}


def of_estimate(estimate: Estimate) -> dict[str, np.ndarray]:
    """Means and standard errors of an estimate by name, those that there are."""
    risks: dict[str, Risk | StandardErrors] = {"mean": estimate.mean, "stderr": estimate.stderr}
    return {
        f"{kind}_{part}": value for kind, risk in risks.items() for part, value in of_risk(risk).items()
    }


def as_curve(arrays: dict[str, np.ndarray], prefix: str = "") -> Curve:
    """The curve with these arrays."""
    return Curve(*(arrays.get(prefix + part) for part in PARTS))


def as_theory(arrays: dict[str, np.ndarray]) -> Theory:
    """The theory with these arrays."""
    return Theory(*as_curve(arrays), finite=as_curve(arrays, "finite_"))


def as_points(arrays: dict[str, np.ndarray]) -> Points:
    """The points with these arrays."""
    return Points(as_curve(arrays, "mean_"), as_curve(arrays, "stderr_"))
