"""Theory for a whole grid: one compiled map for all problems of the same shapes."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import numpy as np

from collapse_theory import Problem
from collapse_theory.equivalent import Status, solved
from collapse_theory.predict import predict_with_status

# Problems whose spectra stay in the cache together: 4 times faster at d = 1000 than all at once.
BLOCK = 16
# Problems of one call: grids and curves of any length share one compiled program.
CHUNK = 64

Values = dict[str, Any]  # of the arguments of a function that makes a problem


class Prediction(NamedTuple):
    """Risk of a problem and why it could not be had, if so."""

    bias: float
    variance: float
    zeta: float
    total: float
    reason: str


class Stack(NamedTuple):
    """Problems of the same shapes, stacked, and their places in the list that was asked for."""

    places: list[int]
    problems: Problem


def predictions(stacks: list[Stack]) -> list[Prediction]:
    """Predictions for all problems, in the order of their places."""
    by_place: dict[int, Prediction] = {}
    for stack in stacks:
        by_place |= dict(zip(stack.places, _predictions(stack), strict=True))
    return [by_place[place] for place in sorted(by_place)]


def unstacked(stacks: list[Stack]) -> list[Problem]:
    """The problems one by one, in the order of their places."""
    by_place = {
        place: jax.tree.map(lambda leaf, i=i: leaf[i], stack.problems)
        for stack in stacks
        for i, place in enumerate(stack.places)
    }
    return [by_place[place] for place in sorted(by_place)]


def stacked(function: Callable[[Values], Problem], rows: list[Values]) -> list[Stack]:
    """The problems that `function` makes of these rows, in as few stacks as their shapes allow."""
    groups = defaultdict(list)
    for place, row in enumerate(rows):
        groups[tuple(value is None for value in row.values())].append(place)
    return [stack for places in groups.values() for stack in _stacks(function, rows, places)]


def _stacks(function: Callable[[Values], Problem], rows: list[Values], places: list[int]) -> list[Stack]:
    """All at once where the function can be traced in what varies, else one by one."""
    first = rows[places[0]]
    columns = {name: [rows[place][name] for place in places] for name in first}
    varying = {name: np.array(c, dtype=float) for name, c in columns.items() if len(set(c)) > 1}
    if varying:
        try:
            problems = jax.vmap(lambda row: function(first | row))(varying)
            return [Stack(places, jax.tree.map(np.asarray, problems))]
        except Exception:  # whatever a user's function does not allow; one by one it says what it is
            pass
    alike = defaultdict(list)
    for place in places:
        problem = function(rows[place])
        leaves, structure = jax.tree.flatten(problem)
        alike[structure, tuple(np.shape(leaf) for leaf in leaves)].append((place, problem))
    return [
        Stack([place for place, _ in pairs], jax.tree.map(_stack, *[problem for _, problem in pairs]))
        for pairs in alike.values()
    ]


def _stack(*leaves: Any) -> np.ndarray:
    return np.stack(leaves)


def _predictions(stack: Stack) -> Iterator[Prediction]:
    count = len(stack.places)
    for start in range(0, count, CHUNK):
        index = np.minimum(np.arange(start, start + CHUNK), count - 1)
        risk, status = _compiled(jax.tree.map(lambda leaf, i=index: leaf[i], stack.problems))
        parts = np.stack([risk.bias, risk.variance, risk.zeta, risk.total], axis=-1).tolist()
        for i, row in enumerate(parts[: count - start]):
            reason = "" if status.converged[i] else _message(status, i)
            yield Prediction(row[0], row[1], row[2], row[3], reason)


@jax.jit
def _compiled(problems: Problem) -> Any:
    def one(problem: Problem) -> Any:
        risk, status = predict_with_status(problem)
        return solved(risk, status), status

    return jax.lax.map(one, problems, batch_size=BLOCK)


def _message(status: Status, index: int) -> str:
    return Status(*(np.asarray(part)[index] for part in status)).message()
