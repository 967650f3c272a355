"""From columns to numbers: the features that a model is trained on, and the labels."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from collapse_theory.checks import fail

KINDS = "raw, relu:M or embedding"
MOST_CLASSES = 20  # of whole numbers that count as classes
MOST_FEATURES = 4000


class Labels(NamedTuple):
    """Labels as columns of numbers, and what they stand for: names of classes, or none."""

    values: np.ndarray
    classes: list[str]


class Features:
    """Features of the rows of a frame, with a last one that is 1: fitted on some rows, used on others.

    - `raw`: numbers standardised, words one-hot;  `embedding`: numbers, as they are;
    - `relu:M`: M random features max(S^T x, 0) of the raw ones, S_ij ~ N(0, 1/d).
    """

    def __init__(self, kind: str, seed: int = 0):
        self.kind, self.seed = kind, seed
        self.width = _width(kind)

    def fit(self, frame: pd.DataFrame) -> "Features":
        """Learn means, scales and categories."""
        words = [name for name in frame.columns if not pd.api.types.is_numeric_dtype(frame[name])]
        numbers = [name for name in frame.columns if name not in words]
        if self.kind == "embedding" and words:
            raise fail("features", "embedding", f"columns of numbers; {words[0]} has words")
        scaler = "passthrough" if self.kind == "embedding" else StandardScaler()
        self.columns = ColumnTransformer(
            [("numbers", scaler, numbers), ("words", OneHotEncoder(handle_unknown="ignore"), words)],
            sparse_threshold=0,
        )
        d = self.columns.fit_transform(frame.iloc[:]).shape[1]
        self.S = None
        if self.width:
            self.S = np.random.default_rng([self.seed, 2]).normal(size=(d, self.width)) / np.sqrt(d)
        if (self.width or d) > MOST_FEATURES:
            raise fail("features", f"{self.width or d} of them", f"at most {MOST_FEATURES}")
        return self

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        """The features (rows, d + 1)."""
        x = np.asarray(self.columns.transform(frame), dtype=float)
        if self.S is not None:
            x = np.maximum(x @ self.S, 0)
        return np.column_stack([x, np.ones(len(x))])


def penalty(count: int) -> np.ndarray:
    """1 for every feature, 0 for the last: the intercept has no penalty."""
    return np.append(np.ones(count - 1), 0.0)


def _width(kind: str) -> int | None:
    name, _, width = str(kind).partition(":")
    if kind in ("raw", "embedding"):
        return None
    if name == "relu" and width.isdigit() and int(width) > 0:
        return int(width)
    raise fail("features", repr(kind), KINDS)


def labels_of(frames: list[pd.DataFrame], task: str = "auto") -> list[Labels]:
    """Labels of frames that have the same target columns: real first, then synthetic ones.

    Words, truth values and up to 20 different whole numbers are classes, one-hot; other numbers are
    themselves.  `task` (regression, classification) decides otherwise.  Raises ValueError for a target
    that is constant and for targets of different kinds.
    """
    first = frames[0]
    for name in first.columns:
        if first[name].nunique() < 2:
            raise fail(f"target {name}", f"{first[name].iloc[0]} in every row", "at least two values")
    if not (task == "classification" or (task == "auto" and _is_class(first))):
        for frame in frames:
            for name in frame.columns:
                if not pd.api.types.is_numeric_dtype(frame[name]):
                    raise fail(f"target {name}", repr(frame[name].iloc[0]), "numbers, as in the others")
        return [Labels(frame.to_numpy(dtype=float), []) for frame in frames]
    if first.shape[1] > 1:
        raise fail("target", f"{first.shape[1]} columns", "one column of classes, or numbers")
    classes = sorted(set(first.iloc[:, 0]), key=str)
    for frame in frames[1:]:
        unknown = set(frame.iloc[:, 0]) - set(classes)
        if unknown:
            raise fail("target", f"the class {min(unknown, key=str)!r}", "classes of the real data")
    index = {value: position for position, value in enumerate(classes)}
    return [
        Labels(
            np.eye(len(classes))[[index[value] for value in frame.iloc[:, 0]]], list(map(str, classes))
        )
        for frame in frames
    ]


def _is_class(frame: pd.DataFrame) -> bool:
    if frame.shape[1] > 1:
        return False
    column = frame.iloc[:, 0]
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        return True
    return bool(pd.api.types.is_integer_dtype(column) and column.nunique() <= MOST_CLASSES)
