"""What a forecast takes and refuses: a refusal is one sentence naming the argument and its value."""

import numpy as np
import pandas as pd
import pytest

from simulations.forecast.data import make_data
from simulations.forecast.features import Features, labels_of
from simulations.forecast.tables import read, split_target

RANDOM = np.random.default_rng(0)
X = pd.DataFrame(RANDOM.normal(size=(30, 3)), columns=["a", "b", "c"])
Y = pd.Series(RANDOM.normal(size=30), name="y")
WITH_NAN = X.assign(b=X["b"].where(X.index != 3))
WORDS = X.assign(c=["red", "green"] * 15)
NAMES = [f"n{i % 3}" for i in range(30)]


@pytest.mark.parametrize(
    ("tables", "options", "sentence"),
    [
        (
            (WITH_NAN, Y),
            {},
            r"real data, column b = missing or infinite values \(1 rows .*expected numbers",
        ),
        ((X.replace(X.iloc[0, 0], np.inf), Y), {}, "column a = missing or infinite"),
        ((X, Y * 0 + 2.5), {}, "target y = 2.5 in every row: expected at least two values"),
        ((X, pd.Series(["one"] * 30)), {}, "in every row: expected at least two values"),
        ((X[:19], Y[:19]), {}, "real data = 19 rows: expected at least 20"),
        ((X, Y[:25]), {}, "y of real data = 25 rows: expected 30"),
        ((X, Y, X.drop(columns="c"), Y), {}, "columns = c is not in synthetic data: expected the same"),
        ((X, Y, X.assign(e=1), Y), {}, "columns = e is not in the real data: expected the same columns"),
        ((X, Y, WORDS, Y), {}, "column c of synthetic data = 'red': expected the type of the real data"),
        ((X, Y, X, WITH_NAN["b"]), {}, "synthetic data, column y = missing"),
        ((X, NAMES, X, ["n9"] * 30), {}, "target = the class 'n9': expected classes of the real data"),
        ((X, Y, X, NAMES), {}, "target y = 'n0': expected numbers"),
        ((X, Y, None, Y[:25]), {"missing": "drop"}, r"y_synthetic = an array of shape \(25, 1\)"),
        ((X, Y), {"task": "ranking"}, "task = 'ranking': expected auto, regression or classification"),
        ((X, Y), {"missing": "guess"}, "missing = 'guess': expected refuse, drop, mean"),
        ((np.zeros((2, 3, 4)), Y), {}, r"X = an array of shape \(2, 3, 4\): expected rows and columns"),
    ],
)
def test_refusals(tables, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        make_data(*tables, **options)


def test_policies_for_missing_values():
    dropped = make_data(WITH_NAN, Y, missing="drop")
    assert len(dropped.real) == 29
    filled = make_data(WITH_NAN, Y, missing="mean")
    assert filled.real.features["b"][3] == pytest.approx(WITH_NAN["b"].mean())


def test_columns_in_another_order_are_the_same_data():
    data = make_data(X, Y, X[["c", "a", "b"]], Y)
    pd.testing.assert_frame_equal(data.real.features, data.synthetic.features)


def test_words_are_one_hot_and_numbers_standardised():
    features = Features("raw").fit(WORDS)
    Z = features.transform(WORDS)
    assert Z.shape == (30, 5)
    np.testing.assert_allclose(Z[:, :2].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(Z[:, :2].std(axis=0), 1)
    np.testing.assert_array_equal(Z[:, 2:4].sum(axis=1), 1)
    np.testing.assert_array_equal(Z[:, 4], 1)
    # A category that was not there when the features were fitted is none of them.
    np.testing.assert_array_equal(features.transform(WORDS.assign(c="blue"))[:, 2:4], 0)


def test_random_features_are_those_of_the_seed():
    one, same, other = (Features("relu:7", seed).fit(X).transform(X) for seed in (1, 1, 2))
    assert one.shape == (30, 8)
    assert (one >= 0).all()
    np.testing.assert_array_equal(one, same)
    assert (one[:, :-1] != other[:, :-1]).any()


@pytest.mark.parametrize("kind", ["relu", "relu:0", "relu:x", "poly", ""])
def test_unknown_features(kind):
    with pytest.raises(ValueError, match=r"features = .*: expected raw, relu:M or embedding"):
        Features(kind)


def test_embeddings_are_numbers():
    np.testing.assert_array_equal(Features("embedding").fit(X).transform(X)[:, :-1], X)
    with pytest.raises(
        ValueError, match="features = embedding: expected columns of numbers; c has words"
    ):
        Features("embedding").fit(WORDS)


@pytest.mark.parametrize(
    ("column", "classes"),
    [
        (["b", "a"] * 15, ["a", "b"]),
        ([True, False] * 15, ["False", "True"]),
        ([3, 1, 2] * 10, ["1", "2", "3"]),
        ([3.0, 1.0, 2.0] * 10, []),
        (list(range(30)), []),
    ],
)
def test_what_counts_as_classes(column, classes):
    (labels,) = labels_of([pd.DataFrame({"y": column})])
    assert labels.classes == classes
    if classes:
        np.testing.assert_array_equal(labels.values.sum(axis=1), 1)


def test_every_kind_of_file_is_the_same_table(tmp_path):
    table = X.assign(y=Y)
    table.to_csv(tmp_path / "t.csv", index=False)
    table.to_parquet(tmp_path / "t.parquet")
    np.savez(tmp_path / "t.npz", X=X.to_numpy(), y=Y.to_numpy())
    np.save(tmp_path / "t.npy", table.to_numpy())
    for name, target in (("t.csv", "y"), ("t.parquet", "y"), ("t.npz", "y"), ("t.npy", "3")):
        inputs, labels = split_target(name, read(tmp_path / name), [target])
        np.testing.assert_allclose(inputs, X)
        np.testing.assert_allclose(labels.iloc[:, 0], Y)


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "t.txt").write_text("a,b\n")
    (tmp_path / "empty.csv").write_text("")
    np.save(tmp_path / "cube.npy", np.zeros((2, 2, 2)))
    for name, sentence in (
        ("t.txt", "expected a name that ends in csv, parquet, npz, npy"),
        ("none.csv", "expected a file that can be read"),
        ("empty.csv", "expected a table"),
        ("cube.npy", r"of shape \(2, 2, 2\): expected a matrix"),
    ):
        with pytest.raises(ValueError, match=sentence):
            read(tmp_path / name)
    with pytest.raises(ValueError, match=r"target = z: expected a column of real.csv \(a, b, c\)"):
        split_target("real.csv", X, ["z"])
