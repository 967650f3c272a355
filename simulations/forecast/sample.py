"""What the rows at hand say: sums over all of them, and over all but each of a few groups."""

from functools import cached_property
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from simulations.forecast.transfer import Rows, Sums

GROUPS = 20  # left out one after the other, for error bars
PROBED = 1000  # rows of a kind whose leave-one-out residuals are taken: more would tell nothing new

Matrix = Float[np.ndarray, "rows columns"]


class Statistics(NamedTuple):
    """Sums with a first axis: of all rows, then without each group; rows with the same for their use."""

    sums: Sums
    rows: Rows


class Kind(NamedTuple):
    """Rows of one kind: features and one or more labels of each."""

    features: Matrix
    labels: list[Matrix]


class Sample:
    """Rows of real data and, where there are any, of synthetic data; or rows with two labels.

    - `real`, `synthetic`: features (N_k, d) and labels (N_k, c); with `paired`, the same features.

    Groups are drawn once; the same ones of both kinds of rows are left out together.
    """

    def __init__(
        self,
        real: tuple[Matrix, Matrix],
        synthetic: tuple[Matrix, Matrix] | None,
        *,
        paired: bool = False,
        seed: int = 0,
    ):
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
        """Statistics of all rows, and without each group."""
        generator = np.random.default_rng(self.seed)
        number = min(GROUPS, len(self.real[0]))
        sums, probes = [], []
        for kind in self.kinds:
            groups = generator.permutation(np.arange(len(kind.features)) % number)
            sums.append(_by_group(kind, groups, number))
            probe = np.sort(generator.permutation(len(groups))[:PROBED])
            use = groups[probe][None] != np.arange(-1, number)[:, None]
            labels = [y[probe] for y in kind.labels]
            probes.append((kind.features[probe], labels, use.astype(float)))
        # Of few lengths, so that few programs are compiled.
        longest = 1 << (max(len(Z) for Z, _, _ in probes) - 1).bit_length()
        rows = Rows(
            jnp.asarray(np.stack([_padded(Z, longest) for Z, _, _ in probes])),
            jnp.asarray(np.stack([_padded(y, longest) for _, labels, _ in probes for y in labels])),
            jnp.asarray(np.stack([_padded(use.T, longest).T for _, _, use in probes], axis=1)),
        )
        return Statistics(_joined(sums), rows)


class Totals(NamedTuple):
    """Sums over all rows of one kind, then without each group, a first axis."""

    counts: np.ndarray
    gram: np.ndarray
    moments: np.ndarray
    products: np.ndarray


def _by_group(kind: Kind, groups: Int[np.ndarray, " rows"], number: int) -> Totals:
    parts = []
    for group in range(number):
        chosen = groups == group
        Z, labels = kind.features[chosen], np.stack([y[chosen] for y in kind.labels])
        moments = np.einsum("nd,knc->kdc", Z, labels, optimize=True)
        products = np.einsum("jnc,knc->jk", labels, labels, optimize=True)
        parts.append(Totals(np.array(float(len(Z))), Z.T @ Z, moments, products))
    columns = [np.array(column) for column in zip(*parts, strict=True)]
    return Totals(*(np.concatenate([column.sum(0)[None], column.sum(0) - column]) for column in columns))


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
        jnp.asarray(np.broadcast_to(kinds, (len(products), *kinds.shape))),
        jnp.asarray(np.stack([part.counts for part in totals], axis=1)),
        jnp.asarray(np.stack([part.gram for part in totals], axis=1)),
        jnp.asarray(np.concatenate([part.moments for part in totals], axis=1)),
        jnp.asarray(products),
    )


def _padded(rows: Matrix, length: int) -> Matrix:
    return np.pad(rows, [(0, length - len(rows)), (0, 0)])
