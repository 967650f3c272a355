"""A discrete Bayesian network: choices made one after another, with laws that depend on earlier ones."""

import string
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from collapse_theory.checks import fail

ROUNDING = 1e-12  # of a sum of probabilities

Values = dict[str, Int[np.ndarray, " count"]]  # of every choice, as indices


class Choice(NamedTuple):
    """One of `values`; its law P(value | parents) has an axis for each parent, the last its own."""

    name: str
    values: Sequence[str]
    law: Float[np.ndarray, "*parents values"]
    parents: tuple[str, ...] = ()


class BayesianNetwork:
    """The joint law of several choices, P(v) = prod_c P(v_c | v_parents(c)).

    Raises ValueError for a choice made twice or with a later one as parent, for values that are not
    distinct, and for a law of another shape or that is no probability.
    """

    def __init__(self, choices: Sequence[Choice]) -> None:
        self.choices: dict[str, Choice] = {}
        for choice in choices:
            _check(choice, self.choices)
            self.choices[choice.name] = choice
        totals = {name: np.cumsum(choice.law, axis=-1) for name, choice in self.choices.items()}
        # Exactly 1 from the last possible value on, so that no draw falls beyond it.
        self._cumulative = {name: total / total[..., -1:] for name, total in totals.items()}

    def sample(self, rng: np.random.Generator, count: int) -> Values:
        """Independent draws of all choices."""
        values: Values = {}
        for choice in self.choices.values():
            parents = tuple(values[name] for name in choice.parents)
            values[choice.name] = _invert(self._cumulative[choice.name], parents, rng.random(count))
        return values

    def log_probability(self, values: Values) -> Float[np.ndarray, " count"]:
        """log P(v) in nats, -inf where it is 0."""
        factors = [
            choice.law[(*(values[parent] for parent in choice.parents), values[name])]
            for name, choice in self.choices.items()
        ]
        with np.errstate(divide="ignore"):
            return np.log(factors).sum(axis=0)

    def marginal(self, *names: str) -> Float[np.ndarray, "..."]:
        """P(v_names), an axis for each: the product of the ancestors' laws, summed over the others."""
        ancestors = set(names)
        for name, choice in reversed(self.choices.items()):
            if name in ancestors:
                ancestors.update(choice.parents)
        letter = dict(zip(self.choices, string.ascii_letters, strict=False))
        factors = [choice for name, choice in self.choices.items() if name in ancestors]
        axes = ["".join(letter[axis] for axis in (*c.parents, c.name)) for c in factors]
        out = "".join(letter[name] for name in names)
        laws = [choice.law for choice in factors]
        return np.einsum(f"{','.join(axes)}->{out}", *laws, optimize=True)

    @cached_property
    def entropy(self) -> float:
        """H = sum_c sum_g P(parents(c) = g) H(c | g) in nats, exactly."""
        return float(sum(np.sum(self._weight(c) * _entropies(c.law)) for c in self.choices.values()))

    def _weight(self, choice: Choice) -> Float[np.ndarray, "*parents"]:
        return self.marginal(*choice.parents) if choice.parents else np.ones(())


def zipf(values: int, exponent: float = 1.0) -> Float[np.ndarray, " values"]:
    """Zipf's law p_k ~ k^-exponent, k = 1, ..., values."""
    weights = np.arange(1, values + 1) ** -float(exponent)
    return weights / weights.sum()


def facts(
    rng: np.random.Generator, parents: Sequence[int], values: int
) -> Float[np.ndarray, "*parents values"]:
    """One certain value for every combination of the parents' values, each drawn uniformly."""
    # Of NumPy's streams, only the bits and the uniform numbers made of them are the same for ever.
    return np.eye(values)[(rng.random(parents) * values).astype(int)]


def shuffled(
    rng: np.random.Generator, parent: int, law: Float[np.ndarray, " values"]
) -> Float[np.ndarray, "parent values"]:
    """A law whose probabilities belong to other values, in an order for each value of the parent."""
    return law[np.argsort(rng.random((parent, len(law))), axis=1)]


def others(law: Float[np.ndarray, "values values"]) -> Float[np.ndarray, "values values"]:
    """The same law of values that differ from the parent's, P(v | parent, v != parent)."""
    different = law * (1 - np.eye(len(law)))
    return different / different.sum(axis=1, keepdims=True)


def _invert(
    cumulative: Float[np.ndarray, "*parents values"],
    parents: tuple[Int[np.ndarray, " count"], ...],
    uniform: Float[np.ndarray, " count"],
) -> Int[np.ndarray, " count"]:
    """How many values v have P(<= v | parents) <= u, which is the value drawn: bit by bit from above."""
    last = cumulative.shape[-1] - 1
    value = np.zeros(len(uniform), dtype=int)
    for bit in reversed(range(last.bit_length())):
        more = value + (1 << bit)
        reached = cumulative[(*parents, np.minimum(more - 1, last))] <= uniform
        value = np.where(reached, more, value)
    return value


def _entropies(law: Float[np.ndarray, "*parents values"]) -> Float[np.ndarray, "*parents"]:
    logarithms = np.log(law, out=np.zeros_like(law), where=law > 0)
    return np.asarray(-np.sum(law * logarithms, axis=-1))


def _check(choice: Choice, earlier: dict[str, Choice]) -> None:
    name, values, law, parents = choice
    if name in earlier or len(earlier) == len(string.ascii_letters):
        raise fail("choice", repr(name), "at most 52 choices, each made once")
    for parent in parents:
        if parent not in earlier:
            raise fail(f"parents of {name}", repr(parent), "choices made before it")
    if not values or len(set(values)) < len(values):
        raise fail(f"values of {name}", list(values), "at least one, all different")
    shape = (*(len(earlier[parent].values) for parent in parents), len(values))
    if law.shape != shape:
        raise fail(f"law of {name}", f"an array of shape {law.shape}", f"one of shape {shape}")
    if not (law >= 0).all() or not (abs(law.sum(axis=-1) - 1) < ROUNDING).all():
        raise fail(f"law of {name}", law, "numbers >= 0 that sum to 1 over its values")
