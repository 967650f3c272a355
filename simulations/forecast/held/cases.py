"""Real data sets, and synthetic sides by generators that know some of their rows, bad and good ones."""

import os
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from sklearn import datasets
from sklearn.linear_model import LogisticRegression, Ridge

from simulations.mnist.data import load

IMAGES = 12_000  # of MNIST
# Of the rows: the generator's, those to test on, the real ones; the others are inputs to be labelled.
PARTS = (0.12, 0.18, 0.35)
FEW = {"good": 1.0, "bad": 0.2}  # of the generator's rows that it learns from
FEWEST = 20
MOST_FITTED = 100


class Rows(NamedTuple):
    """Features and labels: numbers, or whole numbers for classes."""

    X: np.ndarray
    y: np.ndarray

    def take(self, index: np.ndarray | slice) -> "Rows":
        """Some of the rows."""
        return Rows(self.X[index], self.y[index])


class Case(NamedTuple):
    """Rows to learn from, rows to test on, and synthetic rows."""

    pool: Rows
    test: Rows
    synthetic: Rows


def sets() -> dict[str, Callable[[], Rows]]:
    """The data sets by name; MNIST where COLLAPSE_DATA names its folder."""
    known = {name: _bundled(name) for name in ("digits", "diabetes", "breast_cancer", "wine")}
    return known | ({"mnist": _mnist} if os.environ.get("COLLAPSE_DATA") else {})


def _bundled(name: str) -> Callable[[], Rows]:
    return lambda: Rows(*getattr(datasets, f"load_{name}")(return_X_y=True))


def _mnist() -> Rows:
    images = load(None)
    return Rows(images.train[:IMAGES], images.train_digits[:IMAGES].astype(int))


def make_case(rows: Rows, generator: str, quality: str, seed: int) -> Case:
    """A case: rows are dealt out at random, and a generator of this quality makes the synthetic side."""
    random = np.random.default_rng(seed)
    order = random.permutation(len(rows.y))
    cuts = (np.cumsum(PARTS) * len(order)).astype(int)
    its, test, pool, other = (rows.take(part) for part in np.split(order, cuts))
    its = its.take(slice(max(FEWEST, int(FEW[quality] * len(its.y)))))
    if generator == "labels":
        return Case(pool, test, Rows(other.X, _labels(its, other.X)))
    return Case(pool, test, _copula(its, len(other.y), quality, random))


def _labels(its: Rows, X: np.ndarray) -> np.ndarray:
    """Labels by a model of the generator's rows."""
    mean, scale = its.X.mean(axis=0), its.X.std(axis=0)
    scale = np.where(scale > 0, scale, 1)
    classes = np.issubdtype(its.y.dtype, np.integer)
    model = LogisticRegression(max_iter=2000) if classes else Ridge(alpha=10.0)
    return model.fit((its.X - mean) / scale, its.y).predict((X - mean) / scale)


def _copula(its: Rows, count: int, quality: str, random: np.random.Generator) -> Rows:
    """Rows of a Gaussian copula of features and labels, with margins fitted or (bad) Gaussian."""
    from copulas.multivariate import GaussianMultivariate
    from copulas.univariate import GaussianKDE, GaussianUnivariate
    from pandas import DataFrame

    table = DataFrame(np.column_stack([its.X, its.y])).add_prefix("c")
    # Of many columns the margins that are fitted take hours.
    fitted = quality == "good" and table.shape[1] <= MOST_FITTED
    margin = GaussianKDE if fitted else GaussianUnivariate
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        copula = GaussianMultivariate(distribution=margin, random_state=int(random.integers(2**31)))
        copula.fit(table)
        made = copula.sample(count).to_numpy(dtype=float)
    y = made[:, -1]
    if np.issubdtype(its.y.dtype, np.integer):
        classes = np.unique(its.y)
        y = classes[np.abs(y[:, None] - classes).argmin(axis=1)]
    return Rows(made[:, :-1], y)
