"""Tables as people have them: files, arrays or frames, checked and made alike."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from collapse_theory.checks import fail

READERS = ("csv", "parquet", "npz", "npy")
FEWEST = 20  # rows
POLICIES = ("refuse", "drop", "mean")


def read(path: str | Path) -> pd.DataFrame:
    """The table in a file: CSV, Parquet, NPZ (columns named after arrays) or NPY (columns 0, 1, ...)."""
    file = Path(path)
    kind = file.suffix.lower().lstrip(".")
    if kind not in READERS:
        raise fail("file", str(path), f"a name that ends in {', '.join(READERS)}")
    try:
        if kind == "csv":
            return pd.read_csv(file)
        if kind == "parquet":
            return pd.read_parquet(file)
        content = np.load(file, allow_pickle=False)
        arrays = {"": content} if kind == "npy" else {name: content[name] for name in content.files}
    except OSError as error:
        raise fail("file", str(path), f"a file that can be read ({error.strerror or error})") from None
    except Exception as error:  # a parser's own, of many kinds
        raise fail("file", str(path), f"a table ({' '.join(str(error).split())[:120]})") from None
    return pd.concat([_columns(name, array) for name, array in arrays.items()], axis=1)


def _columns(name: str, array: np.ndarray) -> pd.DataFrame:
    if array.ndim == 1 and name:
        return pd.DataFrame({name: array})
    if array.ndim != 2:
        raise fail(
            f"array {name}".strip(), f"of shape {array.shape}", "a matrix, or a vector with a name"
        )
    return pd.DataFrame(
        array, columns=[f"{name}{'_' if name else ''}{j}" for j in range(array.shape[1])]
    )


def as_frame(name: str, table: Any, columns: Any = None) -> pd.DataFrame:
    """Arrays and frames as a frame whose columns have text for names."""
    frame = table.to_frame() if isinstance(table, pd.Series) else table
    if not isinstance(frame, pd.DataFrame):
        array = np.asarray(frame)
        if array.ndim == 1 and name.startswith("y"):
            array = array[:, None]
        if array.ndim != 2:
            raise fail(name, f"an array of shape {array.shape}", "rows and columns")
        frame = pd.DataFrame(array, columns=columns)
    frame = frame.reset_index(drop=True)
    return frame.set_axis([str(column) for column in frame.columns], axis=1)


def split_target(name: str, frame: pd.DataFrame, target: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The feature columns and the target columns of a table."""
    for column in target:
        if column not in frame.columns:
            known = ", ".join(map(str, frame.columns[:8])) + (", ..." if frame.shape[1] > 8 else "")
            raise fail("target", column, f"a column of {name} ({known})")
    return frame.drop(columns=target), frame[target]


def checked(
    name: str, features: pd.DataFrame, labels: pd.DataFrame, missing: str = "refuse"
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows that can be used.

    `missing`: values that are missing or infinite `refuse` the table, `drop` their rows, or become their
    column's `mean`; rows that lack a word or a label are dropped then.
    """
    if missing not in POLICIES:
        raise fail("missing", repr(missing), ", ".join(POLICIES))
    if len(features) != len(labels):
        raise fail(f"y of {name}", f"{len(labels)} rows", f"{len(features)}, as X has")
    features = features.replace([np.inf, -np.inf], np.nan)
    labels = labels.replace([np.inf, -np.inf], np.nan)
    absent = pd.concat([features, labels], axis=1).isna()
    if absent.to_numpy().any():
        column = absent.columns[absent.any().to_numpy()][0]
        count = int(absent.to_numpy().any(axis=1).sum())
        if missing == "refuse":
            raise fail(
                f"{name}, column {column}",
                f"missing or infinite values ({count} rows have some)",
                "numbers, or --missing drop or mean",
            )
        if missing == "mean":
            features = features.fillna(features.mean(numeric_only=True))
            absent = pd.concat([features, labels], axis=1).isna()
        kept = ~absent.to_numpy().any(axis=1)
        features, labels = features[kept], labels[kept]
    if len(features) < FEWEST:
        raise fail(name, f"{len(features)} rows", f"at least {FEWEST}")
    return features.reset_index(drop=True), labels.reset_index(drop=True)


def same_columns(real: pd.DataFrame, other: pd.DataFrame, name: str) -> pd.DataFrame:
    """The other table with its columns in the order of the real one's; ValueError if they differ."""
    for here, there, where in ((real, other, name), (other, real, "the real data")):
        lacking = [column for column in here.columns if column not in there.columns]
        if lacking:
            raise fail("columns", f"{lacking[0]} is not in {where}", "the same columns in every table")
    ordered = other[list(real.columns)]
    for column in real.columns:
        if pd.api.types.is_numeric_dtype(real[column]) != pd.api.types.is_numeric_dtype(ordered[column]):
            raise fail(
                f"column {column} of {name}", repr(ordered[column].iloc[0]), "the type of the real data"
            )
    return ordered
