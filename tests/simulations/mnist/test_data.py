"""Reading images: whole files or one clear error."""

import gzip
import hashlib
import os
import sys

import numpy as np
import pooch
import pytest

from simulations.mnist import data
from simulations.mnist.idx import FILES, File, read

ARRAY = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
CONTENT = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4]) + ARRAY.tobytes()
SMALL = File(ARRAY.shape, hashlib.sha256(CONTENT).hexdigest(), "")


@pytest.mark.parametrize("raw", [CONTENT, gzip.compress(CONTENT)], ids=["plain", "gzip"])
def test_reads_idx(tmp_path, raw):
    path = tmp_path / "file"
    path.write_bytes(raw)
    np.testing.assert_array_equal(read(path, SMALL), ARRAY)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (CONTENT[:-1], "bytes of content"),
        (CONTENT + b"x", "bytes of content"),
        (gzip.compress(CONTENT)[:-9], "not readable"),
        (CONTENT[:3] + b"\x01" + CONTENT[4:], "header"),
        (CONTENT[:7] + b"\x05" + CONTENT[8:], "header"),
        (b"", "header"),
        (CONTENT[:-1] + b"x", "SHA-256"),
    ],
    ids=["truncated", "longer", "gzip cut", "axes", "shape", "empty", "other content"],
)
def test_a_wrong_file_is_one_sentence(tmp_path, raw, says):
    path = tmp_path / "file"
    path.write_bytes(raw)
    with pytest.raises(ValueError, match=says) as caught:
        read(path, SMALL)
    assert str(caught.value).startswith(f"{path}: ")
    assert "expected" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match="no train-images-idx3-ubyte"):
        data.load(str(tmp_path))


def test_folder_may_hold_a_subfolder_and_either_form(tmp_path):
    (tmp_path / "mnist").mkdir()
    for index, name in enumerate(FILES):
        path = tmp_path / name if index % 2 else tmp_path / "mnist" / f"{name}.gz"
        path.touch()
    assert [path.name.removesuffix(".gz") for path in data._folder(tmp_path)] == list(FILES)


def test_downloads_the_published_archives_once_a_mirror_answers(tmp_path, monkeypatch):
    asked = []

    def retrieve(url, known_hash, fname, path, progressbar):
        asked.append((url, known_hash))
        if url.startswith(data.MIRRORS[0]):
            raise OSError("no route")
        return path / fname

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path)
    assert [path.name for path in data._download()] == [f"{name}.gz" for name in FILES]
    assert asked[0][0].startswith(data.MIRRORS[0])
    assert [hash for url, hash in asked[1:]] == [f"sha256:{file.archive}" for file in FILES.values()]


def test_offline_says_what_to_do(tmp_path, monkeypatch):
    def retrieve(*args, **options):
        raise OSError("no network")

    monkeypatch.delenv("COLLAPSE_DATA", raising=False)
    monkeypatch.setattr(pooch, "retrieve", retrieve)
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path)
    with pytest.raises(ValueError, match=r"--data DIR.*--quick") as caught:
        data.load(None)
    assert "\n" not in str(caught.value)


def test_digits_are_the_small_data_set(monkeypatch):
    monkeypatch.delenv("COLLAPSE_DATA", raising=False)
    images = data.load(None, small=True)
    assert images.train.shape == (1348, 64)
    assert images.test.shape == (449, 64)
    assert images.train.min() == 0
    assert images.train.max() == 1
    assert np.bincount(images.train_digits).min() > 100  # shuffled: both parts have all digits


def test_without_scikit_learn_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ValueError, match=r"strong-model-collapse\[digits\]"):
        data.digits()


def test_complete_mnist():
    if not os.environ.get("COLLAPSE_DATA"):
        pytest.skip("COLLAPSE_DATA names no folder with MNIST's files")
    images = data.load(None)
    assert images.train.shape == (60000, 784)
    assert images.test.shape == (10000, 784)
    assert images.train.mean() == pytest.approx(0.1307, abs=1e-4)  # the published mean pixel
    assert list(images.train_digits[:5]) == [5, 0, 4, 1, 9]
    assert list(images.test_digits[:5]) == [7, 2, 1, 0, 4]
