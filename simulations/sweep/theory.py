"""Theory for a whole grid: one compiled map for all problems of the same shapes."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np

from collapse_theory import Problem, Risk
from collapse_theory.compress import compress_batch
from collapse_theory.equivalent import Groups, Status, alike, solved
from collapse_theory.finite_size import limit_and_term
from simulations.plan import excess_kurtosis

# Problems whose spectra stay in the cache together.
BLOCK = 32
# Problems of one call: grids and curves of any length share one compiled program.
CHUNK = 64

Values = dict[str, Any]  # of the arguments of a function that makes a problem


class Parts(NamedTuple):
    """The parts of a risk and their sum."""

    bias: float
    variance: float
    zeta: float
    total: float


class Prediction(NamedTuple):
    """The theory of a problem, or why there is none."""

    limit: Parts
    finite_size: Parts | None  # None at the ridgeless threshold, where nothing is finite
    reason: str

    @property
    def total(self) -> float:
        """The total error of a model of this size: limit and finite-size term."""
        return self.limit.total + (0.0 if self.finite_size is None else self.finite_size.total)


class Stack(NamedTuple):
    """Problems of the same shapes, stacked, and their places in the list that was asked for."""

    places: list[int]
    problems: Problem


def predictions(stacks: list[Stack], features: str = "gaussian") -> list[Prediction]:
    """Predictions for all problems, in the order of their places, for features of this law."""
    by_place: dict[int, Prediction] = {}
    for stack in stacks:
        by_place |= dict(zip(stack.places, _predictions(stack, features), strict=True))
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


def chunks(stack: Stack) -> Iterator[Problem]:
    """The problems of a stack, `CHUNK` at a time; the last is repeated to fill the last chunk."""
    count = len(stack.places)
    for start in range(0, count, CHUNK):
        index = np.minimum(np.arange(start, start + CHUNK), count - 1)
        yield jax.tree.map(lambda leaf, i=index: leaf[i], stack.problems)


def _predictions(stack: Stack, features: str) -> list[Prediction]:
    first = jax.tree.map(lambda leaf: leaf[0], stack.problems)
    kurtosis = excess_kurtosis(features, first.is_diagonal)
    stack = stack._replace(problems=compress_batch(stack.problems))
    groups, every = alike(stack.problems), []
    for problems in chunks(stack):
        risk, term, status = _compiled(problems, kurtosis, groups)
        for i, (limit, finite_size) in enumerate(zip(_rows(risk), _rows(term), strict=True)):
            reason = "" if status.converged[i] else _message(status, i)
            defined = np.isfinite(finite_size.total)
            every.append(Prediction(limit, finite_size if defined else None, reason))
    return every[: len(stack.places)]


def _rows(risk: Risk) -> list[Parts]:
    parts = np.stack([np.asarray(getattr(risk, part)) for part in Parts._fields], axis=-1)
    return [Parts(*row) for row in parts.tolist()]


@partial(jax.jit, static_argnames="groups")
def _compiled(problems: Problem, kurtosis: Any, groups: Groups | None) -> Any:
    def one(problem: Problem) -> Any:
        risk, term, status = limit_and_term(problem, kurtosis, groups)
        return *solved((risk, term), status), status

    # Matrices fill a cache by themselves, and one by one take the branch that they need.
    diagonal = jax.tree.map(lambda leaf: leaf[0], problems).is_diagonal
    return jax.lax.map(one, problems, batch_size=BLOCK if diagonal else None)


def _message(status: Status, index: int) -> str:
    return Status(*(np.asarray(part)[index] for part in status)).message()
