"""Which simulations a grid needs: one serves all problems that differ in what the risk is linear in.

Where rows are exchangeable it serves all shares of synthetic ones as well.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from collapse_theory import Problem
from collapse_theory.activation import name_of
from simulations.exchangeable import is_unlabelled

ROUNDING = 1e-12  # relative difference of what is a multiple of another

Factors = dict[str, float]  # of signal, noise and shift, as `Draws.estimate` takes them
Parts = dict[str, list[np.ndarray]]  # what the risk is linear in: one array, or one for each source


@dataclass
class Group:
    """Problems of one draw: alike but for their ridges and for a factor on each of `Parts`."""

    problem: Problem  # the first of them
    units: Parts  # what the factors multiply; zeros while there is nothing else
    places: list[int] = field(default_factory=list)
    factors: list[Factors] = field(default_factory=list)

    def takes(self, place: int, problem: Problem) -> bool:
        """Take in a problem of the same draw if it differs by factors only."""
        units, factors = dict(self.units), {}
        for name, arrays in parts_of(problem).items():
            factor = max(float(np.abs(array).max()) for array in arrays)
            if factor and not any(array.any() for array in units[name]):
                units[name] = [array / factor for array in arrays]
            pairs = zip(arrays, units[name], strict=True)
            if factor and not all(np.allclose(a, factor * u, rtol=ROUNDING, atol=0) for a, u in pairs):
                return False
            factors[name] = factor
        self.units = units
        self.places.append(place)
        self.factors.append(factors)
        return True

    @property
    def reference(self) -> Problem:
        """The problem whose factors are all 1."""
        return _with_parts(self.problem, self.units) if self.units else self.problem


def groups(problems: Iterable[Problem], measure: str) -> list[Group]:
    """The draws that these problems need.

    Where the parts of a risk are not told apart (single trained models, or correlated labelling vectors)
    only problems that differ in nothing but their ridge share one.
    """
    by_draw: dict[tuple[bytes, Any], list[Group]] = {}
    for place, problem in enumerate(problems):
        linear = _is_linear(problem, measure)
        # Functions of one name may be others.
        draw = identity(problem, measure), problem.activation
        candidates = by_draw.setdefault(draw, [])
        if any(linear and group.takes(place, problem) for group in candidates):
            continue
        if linear or not candidates:
            zeros = {name: [0 * array for array in arrays] for name, arrays in parts_of(problem).items()}
            candidates.append(Group(problem, zeros if linear else {}))
        if linear:
            candidates[-1].takes(place, problem)
        else:
            candidates[0].places.append(place)
            candidates[0].factors.append({})
    return [group for candidates in by_draw.values() for group in candidates]


def random_key(problem: Problem, measure: str, settings: str) -> int:
    """63 bits of SHA-256 of all that the draws of a problem depend on: its random key."""
    digest = hashlib.sha256(settings.encode() + b"\n" + identity(problem, measure)).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def identity(problem: Problem, measure: str) -> bytes:
    """All that the draws depend on: not the ridge; of `Parts`, if the risk is linear, only the shapes.

    And where it is averaged over which rows are whose, only the number n of all.
    """
    content: dict[str, Any] = {"width": problem.width, "test": problem.test_covariance}
    if is_unlabelled(problem, measure):
        real = problem.sources[0]
        content |= {"n": sum(float(source.n) for source in problem.sources)}
        content |= {"covariance": real.covariance, "weight": real.weight}
    else:
        for k, source in enumerate(problem.sources, start=1):
            content |= {f"n_{k}": source.n, f"covariance_{k}": source.covariance}
            content[f"weight_{k}"] = source.weight
    content["moments"] = problem.moments
    if problem.activation is not None:
        content["activation"] = (name_of(problem.activation),)
    linear = _is_linear(problem, measure)
    for name, arrays in parts_of(problem).items():
        content |= {f"{name}_{i}": a.shape if linear else a for i, a in enumerate(arrays, start=1)}
    return b"".join(_bytes(name, value) for name, value in content.items())


def _is_linear(problem: Problem, measure: str) -> bool:
    return measure != "trained" and problem.moments is None


def parts_of(problem: Problem) -> Parts:
    """Gamma, the sigma_k^2 and the Delta_k."""
    signal = [] if problem.signal is None else [problem.signal]
    parts = {
        "signal": signal,
        "noise": [source.noise for source in problem.sources],
        "shift": [source.shift for source in problem.sources],
    }
    return {name: [np.asarray(array) for array in arrays] for name, arrays in parts.items()}


def _with_parts(problem: Problem, parts: Parts) -> Problem:
    def leaves(tree: Problem) -> list[Any]:
        return [tree.signal, *(s.noise for s in tree.sources), *(s.shift for s in tree.sources)]

    return eqx.tree_at(leaves, problem, [jnp.asarray(a) for arrays in parts.values() for a in arrays])


def _bytes(name: str, value: Any) -> bytes:
    if value is None or isinstance(value, tuple):
        return f"{name} {value}\n".encode()
    array = np.asarray(value, dtype=float)
    return f"{name} {array.shape} ".encode() + array.tobytes() + b"\n"
