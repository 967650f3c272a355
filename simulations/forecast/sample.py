"""What the rows at hand say: sums over groups of them, and rows to leave out one by one."""

from functools import cached_property
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from collapse_theory.checks import fail
from simulations.forecast.jackknife import GROUPS
from simulations.forecast.sums import Sums
from simulations.forecast.transfer import Rows

PROBED = 1000  # rows of a kind whose leave-one-out residuals are taken: more would tell nothing new

Matrix = Float[np.ndarray, "rows columns"]


class Statistics(NamedTuple):
    """Sums over each group of rows, a first axis but for `kinds`; rows as `Rows`, and their groups."""

    sums: Sums
    features: Float[Array, "D rows d"]
    labels: Float[Array, "K rows c"]
    groups: Int[Array, "D rows"]  # -1 for padding

    def sums_of(self, kept: Float[Array, " groups"]) -> Sums:
        """Sums over the groups that are kept: 1 for each of these, 0 for the others."""
        return Sums(self.sums.kinds, *(jnp.tensordot(kept, leaf, 1) for leaf in self.sums[1:]))

    def rows_of(self, kept: Float[Array, " groups"]) -> Rows:
        """Rows of the groups that are kept."""
        return Rows(self.features, self.labels, jnp.where(self.groups < 0, 0.0, kept[self.groups]))


class Kind(NamedTuple):
    """Rows of one kind: features and one or more labels of each."""

    features: Matrix
    labels: list[Matrix]


class Sample:
    """Rows of real data and, where there are any, of synthetic data; or rows with two labels.

    - `real`, `synthetic`: features (N_k, d) and labels (N_k, c); with `paired`, the same features.

    Groups are drawn once; the same ones of both kinds of rows are left out together.  Raises ValueError
    for fewer real rows than groups.
    """

    def __init__(
        self,
        real: tuple[Matrix, Matrix],
        synthetic: tuple[Matrix, Matrix] | None,
        *,
        paired: bool = False,
        seed: int = 0,
    ):
        if len(real[0]) < GROUPS:
            raise fail("real data", f"{len(real[0])} rows", f"at least {GROUPS}, one for each group")
        self.real, self.synthetic, self.seed = real, synthetic, seed
        self.kinds = [Kind(real[0], [real[1]])]
        if paired and synthetic is not None:
            self.kinds[0].labels.append(synthetic[1])
        elif synthetic is not None:
            self.kinds.append(Kind(synthetic[0], [synthetic[1]]))

    @property
    def counts(self) -> list[int]:
        """The rows with each kind of labels."""
        return [len(kind.features) for kind in self.kinds for _ in kind.labels]

    @cached_property
    def statistics(self) -> Statistics:
        """Statistics of `GROUPS` groups of rows, drawn once; the same ones of both kinds of rows."""
        generator = np.random.default_rng(self.seed)
        sums, probes = [], []
        for kind in self.kinds:
            groups = generator.permutation(np.arange(len(kind.features)) % GROUPS)
            sums.append(_by_group(kind, groups))
            probe = np.sort(generator.permutation(len(groups))[:PROBED])
            probes.append((kind.features[probe], [y[probe] for y in kind.labels], groups[probe]))
        # Of few lengths, so that few programs are compiled.
        longest = 1 << (max(len(Z) for Z, _, _ in probes) - 1).bit_length()
        return Statistics(
            _joined(sums),
            jnp.asarray(np.stack([_padded(Z, longest) for Z, _, _ in probes])),
            jnp.asarray(np.stack([_padded(y, longest) for _, labels, _ in probes for y in labels])),
            jnp.asarray(np.stack([_padded(groups, longest, -1) for _, _, groups in probes])),
        )


class Totals(NamedTuple):
    """Sums over each group of rows of one kind, a first axis."""

    counts: np.ndarray
    gram: np.ndarray
    moments: np.ndarray
    products: np.ndarray


def _by_group(kind: Kind, groups: Int[np.ndarray, " rows"]) -> Totals:
    parts = []
    for group in range(GROUPS):
        chosen = groups == group
        Z, labels = kind.features[chosen], np.stack([y[chosen] for y in kind.labels])
        moments = np.einsum("nd,knc->kdc", Z, labels, optimize=True)
        products = np.einsum("jnc,knc->jk", labels, labels, optimize=True)
        parts.append(Totals(np.array(float(len(Z))), Z.T @ Z, moments, products))
    return Totals(*(np.array(column) for column in zip(*parts, strict=True)))


def _joined(totals: list[Totals]) -> Sums:
    """Sums of several kinds of rows."""
    numbers = [part.moments.shape[1] for part in totals]
    kinds = np.repeat(np.eye(len(totals)), numbers, axis=1)
    products = np.zeros((len(totals[0].counts), sum(numbers), sum(numbers)))
    start = 0
    for part, number in zip(totals, numbers, strict=True):
        products[:, start : start + number, start : start + number] = part.products
        start += number
    return Sums(
        jnp.asarray(kinds),
        jnp.asarray(np.stack([part.counts for part in totals], axis=1)),
        jnp.asarray(np.stack([part.gram for part in totals], axis=1)),
        jnp.asarray(np.concatenate([part.moments for part in totals], axis=1)),
        jnp.asarray(products),
    )


def _padded(rows: np.ndarray, length: int, value: int = 0) -> np.ndarray:
    return np.pad(rows, [(0, length - len(rows)), *[(0, 0)] * (rows.ndim - 1)], constant_values=value)
