"""A spectrum as a few dozen numbers: Gauss quadrature of what is counted by eigenvalues.

Every trace of the theory is a sum of smooth functions of log lambda_i, with poles where lambda_i is
negative: at distance pi from the real axis, or pi/2 where covariances differ.  On a short bin of
log lambda polynomials of a degree of some thirty know them to rounding.  Whatever else is summed over
eigenvalues (signals, shifts) enters by its projection on these polynomials, and Gauss' rule of the
counting measure integrates the product of both: with half as many nodes where signals are smooth.
On the host, in NumPy: an answer has as many entries as it needs.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

# Of bins in log lambda at most, for one covariance and for several; how far the nearest pole is then.
LENGTHS, POLES = (6.0, 3.0), (np.pi, np.pi / 2)
# Within a bin what is summed differs as its eigenvalues do, or more: relative errors of its least
# parts need so many e-folds more.  Irregular signals then err as much as the tolerance says.
FOLDS = 1.0
ROUNDING = 1e-14
PIECE = 4000  # entries at once: they stay in the cache


class Spectrum(NamedTuple):
    """Entries, each of which stands for many directions.

    - `columns`: eigenvalues of each covariance, entry by entry;
    - `multiplicities`: how many directions an entry stands for;
    - `measures`: mean squares of signals and shifts along them.
    """

    columns: Float[np.ndarray, "columns entries"]
    multiplicities: Float[np.ndarray, " entries"]
    measures: Float[np.ndarray, "measures entries"]

    def part(self, index: np.ndarray) -> "Spectrum":
        """These entries alone."""
        return Spectrum(self.columns[:, index], self.multiplicities[index], self.measures[:, index])


def joined(parts: list[Spectrum]) -> Spectrum:
    """The entries of all parts."""
    return Spectrum(*(np.concatenate(arrays, axis=-1) for arrays in zip(*parts, strict=True)))


def reduced(spectrum: Spectrum, tolerance: float) -> Spectrum:
    """As few entries as give every trace of the theory to a relative error of `tolerance`.

    Equal columns are merged, which is exact.  Where all columns are smooth functions of one another, a
    bin of more entries than nodes becomes its nodes; other bins stay as they are, and so do those in
    which a signal is so irregular that its projection is negative.
    """
    merged = _merged(spectrum)
    positive = (merged.columns > 0).all(axis=0)
    bins = _bins(merged.part(np.flatnonzero(positive))) if positive.any() else []
    parts = [_nodes(part, tolerance) for part in bins]
    return joined([*parts, merged.part(np.flatnonzero(~positive))])


def rate_for(length: float, columns: int = 1) -> float:
    """In a bin of this length in log lambda, polynomials of degree p err as rate^-p."""
    pole = POLES[min(columns, 2) - 1] / (max(length, 1.0) / 2)
    return float(pole + np.hypot(pole, 1))


def terms_for(length: float, tolerance: float, columns: int = 1) -> int:
    """Polynomials that know every trace of such a bin: those of lower degree than this."""
    return int(np.ceil((FOLDS * length - np.log(tolerance)) / np.log(rate_for(length, columns))))


def _merged(spectrum: Spectrum) -> Spectrum:
    """Entries of equal columns are one."""
    columns, multiplicities, measures = spectrum
    if len(columns) == 1:  # as a vector, which is many times faster
        distinct, place = np.unique(columns[0], return_inverse=True)
        distinct = distinct[None]
    else:
        distinct, place = np.unique(columns, axis=1, return_inverse=True)
        place = place.ravel()
    if distinct.shape[1] == columns.shape[1]:
        return spectrum
    counts = np.bincount(place, multiplicities)
    sums = [np.bincount(place, multiplicities * measure) / counts for measure in measures]
    return Spectrum(distinct, counts, np.array(sums).reshape(-1, len(counts)))


def _bins(spectrum: Spectrum) -> list[Spectrum]:
    """The entries in bins within which no column varies by more than a factor of e^length."""
    logs = np.log(spectrum.columns)
    length = LENGTHS[min(len(logs), 2) - 1]

    def split(index: np.ndarray) -> list[np.ndarray]:
        places = logs[_widest(logs[:, index]), index]
        parts = int(np.ceil(np.ptp(places) / length))
        if parts < 2:
            return [index]
        within = np.minimum((places - places.min()) * parts // np.ptp(places), parts - 1)
        filled = [index[within == k] for k in range(parts)]
        return [piece for part in filled if len(part) for piece in split(part)]

    return [spectrum.part(index) for index in split(np.arange(logs.shape[1]))]


def _widest(logs: Float[np.ndarray, "columns entries"]) -> int:
    """The column of the widest range, in which bins are measured."""
    return int(np.ptp(logs, axis=1).argmax())


def _nodes(part: Spectrum, tolerance: float) -> Spectrum:
    """The Gauss nodes of one bin, or the bin where it has no more entries or cannot be projected."""
    logs = np.log(part.columns)
    widest, entries = _widest(logs), logs.shape[1]
    places = logs[widest]
    length = float(np.ptp(places))
    terms = terms_for(length, tolerance, len(logs))
    if entries <= terms:
        return part
    if entries > PIECE:
        pieces = np.array_split(np.arange(entries), -(-entries // PIECE))
        smaller = joined([_nodes(part.part(piece), tolerance) for piece in pieces])
        return _nodes(smaller, tolerance) if smaller.columns.shape[1] < entries else part
    if len(np.unique(places)) <= terms:  # other columns differ where this one does not
        return part
    centre, radius = (places.max() + places.min()) / 2, length / 2
    polynomials = _orthogonal((places - centre) / radius, part.multiplicities, terms)
    root = np.sqrt(part.multiplicities)
    known, summed = ((rows * root) @ polynomials.basis.T for rows in (logs, part.measures))
    # A trace is known up to rate^-degree, so that a measure matters to it as far as it exceeds this.
    negligible = rate_for(length, len(logs)) ** (np.arange(terms) - terms)
    degree = max(_degree(known, ROUNDING), _degree(summed, negligible))
    # Gauss' rule of N nodes integrates the product of both, of degree < terms + degree <= 2 N.
    count = -(-(terms + degree) // 2)
    at, weights, values = polynomials.rule(count)
    known, summed = known[:, :count], summed[:, :count]
    misfit = np.abs(known @ polynomials.basis[:count] / root - logs).max()
    measures = summed @ values
    if misfit > max(tolerance, ROUNDING) * 10 or (measures < 0).any():
        return part
    columns = np.exp(known @ values)
    columns[widest] = np.exp(centre + radius * at)
    return Spectrum(columns, weights, measures)


def _degree(coefficients: Float[np.ndarray, "rows terms"], negligible: float | np.ndarray) -> int:
    """The highest degree whose coefficient, as a share of the row's largest, is not negligible."""
    largest = np.abs(coefficients).max(axis=1, keepdims=True)
    matters = (np.abs(coefficients) > negligible * largest).any(axis=0)
    return int(np.flatnonzero(matters).max(initial=0))


class _Polynomials(NamedTuple):
    """Orthonormal polynomials of a measure on [-1, 1], and the recurrence between them."""

    basis: Float[np.ndarray, "terms entries"]  # times the square roots of the weights
    steps: Float[np.ndarray, " terms"]
    sides: Float[np.ndarray, " terms-1"]
    total: float  # of the weights

    def rule(self, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Gauss' nodes, their weights, and the first `count` polynomials at the nodes."""
        sides = self.sides[: count - 1]
        nodes, vectors = np.linalg.eigh(
            np.diag(self.steps[:count]) + np.diag(sides, 1) + np.diag(sides, -1)
        )
        return nodes, self.total * vectors[0] ** 2, vectors / (np.sqrt(self.total) * vectors[0])


def _orthogonal(
    x: Float[np.ndarray, " entries"], weights: Float[np.ndarray, " entries"], terms: int
) -> _Polynomials:
    """By Lanczos' recurrence with every vector orthogonalised twice (Golub and Welsch, 1969)."""
    total = weights.sum()
    basis = np.zeros((terms, len(x)))
    basis[0] = np.sqrt(weights / total)
    steps, sides = np.zeros(terms), np.zeros(terms - 1)
    for k in range(terms):
        following = x * basis[k]
        steps[k] = basis[k] @ following
        if k + 1 == terms:
            break
        for _ in range(2):
            following -= (basis[: k + 1] @ following) @ basis[: k + 1]
        sides[k] = np.linalg.norm(following)
        basis[k + 1] = following / sides[k]
    return _Polynomials(basis, steps, sides, total)
