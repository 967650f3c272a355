"""What a forecast is made from, in words that any process can be told; and the forecast itself."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from collapse_theory.checks import fail
from simulations.forecast.data import Data, make_data
from simulations.forecast.model import Forecast
from simulations.forecast.tables import read, split_target

QUICK = 400  # rows of each kind


class Recipe(NamedTuple):
    """Files and options; without `real` the example: digits, most of them labelled by a weak model."""

    real: str | None = None
    synthetic: str | None = None
    label_model: str | None = None
    test: str | None = None
    target: tuple[str, ...] = ()
    features: str = "raw"
    ridge: str | tuple[float, ...] = "auto"
    task: str = "auto"
    missing: str = "refuse"
    folds: int = 5
    seeds: int = 1
    key: int = 0
    quick: bool = False

    @property
    def identity(self) -> dict[str, Any]:
        """What the results depend on: contents of files in place of their names."""
        files = {
            name: _contents(getattr(self, name)) for name in ("real", "synthetic", "label_model", "test")
        }
        words = self._asdict() | files
        return words | {"target": ",".join(self.target), "ridge": _as_text(self.ridge)}


def _as_text(ridge: str | tuple[float, ...]) -> str:
    return ridge if isinstance(ridge, str) else ",".join(map(repr, ridge))


def _contents(path: str | None) -> str | None:
    if path is None:
        return None
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]
    except OSError as error:
        raise fail("file", path, f"a file that can be read ({error.strerror})") from None


@lru_cache(maxsize=1)
def prepared(recipe: Recipe) -> Forecast:
    """The forecast of a recipe, made once in a process."""
    forecast = Forecast(
        features=recipe.features,
        ridge=recipe.ridge if isinstance(recipe.ridge, str) else list(recipe.ridge),
        task=recipe.task,
        missing=recipe.missing,
        folds=recipe.folds,
        seeds=recipe.seeds,
        random_state=recipe.key,
    )
    return forecast.fit_data(_data(recipe))


def _data(recipe: Recipe) -> Data:
    options: dict[str, Any] = {"task": recipe.task, "missing": recipe.missing}
    arrays = example(recipe.key) if recipe.real is None else _read(recipe)
    if recipe.quick:
        arrays = [None if table is None else _some(table) for table in arrays]
    return make_data(*arrays, **options)


def _some(table: Any) -> Any:
    """A few rows, at random, as files may be sorted; the same ones of tables of one length."""
    rows = np.random.default_rng(QUICK).permutation(len(table))[:QUICK]
    return table[rows] if isinstance(table, np.ndarray) else table.iloc[rows]


def _read(recipe: Recipe) -> list[Any]:
    """X, y, X_synthetic, y_synthetic, X_test, y_test, as far as there are any."""
    target = list(recipe.target)
    if not target:
        raise fail("--target", "nothing", "the name of the target's column")
    assert recipe.real is not None  # otherwise it is the example
    tables: list[Any] = [*split_target(recipe.real, read(recipe.real), target)]
    if recipe.label_model is not None:
        labels = read(recipe.label_model)
        if set(target) <= set(labels.columns):
            labels = labels[target]
        if labels.shape[1] != len(target):
            expected = f"a column {target[0]}, or no other column"
            raise fail("--label-model", f"{recipe.label_model} with {labels.shape[1]} columns", expected)
        tables += [None, labels]
    for path in (recipe.synthetic, recipe.test):
        if path is not None:
            tables += split_target(path, read(path), target)
        elif len(tables) == 2:
            tables += [None, None]
    return tables


def example(key: int) -> list[np.ndarray]:
    """Handwritten digits: 400 rows of the real data, and 1,337 labelled by a model of 60 others."""
    images, digits = load_digits(return_X_y=True)
    order = np.random.default_rng([key, 7]).permutation(len(digits))
    images, digits = images[order] / 16, digits[order]
    labeller = LogisticRegression(max_iter=1000).fit(images[:WEAK], digits[:WEAK])
    real, other = slice(WEAK, WEAK + REAL), slice(WEAK + REAL, None)
    return [images[real], digits[real], images[other], labeller.predict(images[other])]


WEAK, REAL = 60, 400  # rows of the labeller, and real ones


def absolute(path: str | None) -> str | None:
    """A path that a worker with another working directory finds too."""
    return None if path is None else str(Path(path).absolute())
