"""The data of a forecast: real rows, synthetic ones, rows to test on, checked and made alike."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from collapse_theory.checks import fail
from simulations.forecast.features import Features, labels_of
from simulations.forecast.sample import Sample
from simulations.forecast.tables import as_frame, checked, same_columns


class Table(NamedTuple):
    """Rows: features as columns of a frame, labels as numbers."""

    features: pd.DataFrame
    labels: np.ndarray

    def rows(self, index: np.ndarray) -> "Table":
        """Some of the rows."""
        return Table(self.features.iloc[index], self.labels[index])

    def __len__(self) -> int:
        return len(self.labels)


class Data(NamedTuple):
    """Real and synthetic rows; `paired`: the same rows with two labels; `test`: other real rows."""

    real: Table
    synthetic: Table | None
    test: Table | None
    paired: bool
    classes: list[str]

    def sample(self, kind: str, seed: int) -> Sample:
        """The features of all rows, for the closed form."""
        features = Features(kind, seed).fit(self.real.features)
        real = (features.transform(self.real.features), self.real.labels)
        if self.synthetic is None:
            return Sample(real, None, seed=seed)
        other = real[0] if self.paired else features.transform(self.synthetic.features)
        return Sample(real, (other, self.synthetic.labels), paired=self.paired, seed=seed)


def make_data(
    X: Any,
    y: Any,
    X_synthetic: Any = None,
    y_synthetic: Any = None,
    X_test: Any = None,
    y_test: Any = None,
    *,
    task: str = "auto",
    missing: str = "refuse",
) -> Data:
    """Data of arrays, frames or series; without `X_synthetic`, `y_synthetic` are labels of X.

    Raises ValueError for what cannot be forecast from.
    """
    if task not in ("auto", "regression", "classification"):
        raise fail("task", repr(task), "auto, regression or classification")
    paired = X_synthetic is None and y_synthetic is not None
    features, labels = as_frame("X", X), as_frame("y", y)
    tables = {}
    if paired:
        others = as_frame("y_synthetic", y_synthetic)
        if others.shape != labels.shape:
            raise fail("y_synthetic", f"an array of shape {others.shape}", f"{labels.shape}, as y has")
        both = pd.concat([labels, others.add_suffix(SECOND)], axis=1)
        features, both = checked("real data", features, both, missing)
        labels = both.iloc[:, : labels.shape[1]]
        second = both.iloc[:, labels.shape[1] :].set_axis(labels.columns, axis=1)
        tables["synthetic"] = (features, second)
    else:
        features, labels = checked("real data", features, labels, missing)
    tables = {"real": (features, labels)} | tables
    for name, inputs, outputs in (
        ("synthetic", X_synthetic, y_synthetic),
        ("test", X_test, y_test),
    ):
        if inputs is None:
            continue
        named = f"{name} data"
        other, targets = as_frame(f"X_{name}", inputs), as_frame(f"y_{name}", outputs)
        if targets.shape[1] != labels.shape[1]:
            raise fail(f"y_{name}", f"{targets.shape[1]} columns", f"{labels.shape[1]}, as y has")
        other, targets = checked(
            named,
            same_columns(features, other, named),
            targets.set_axis(labels.columns, axis=1),
            missing,
        )
        tables[name] = (other, targets)
    values = labels_of([targets for _, targets in tables.values()], task)
    made = {
        name: Table(table, value.values)
        for (name, (table, _)), value in zip(tables.items(), values, strict=True)
    }
    return Data(made["real"], made.get("synthetic"), made.get("test"), paired, values[0].classes)


SECOND = " (synthetic)"
