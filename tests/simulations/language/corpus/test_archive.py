"""Archives of stories: BabiStories' 7z in parts, unpacked once; damage is one sentence."""

import json

import pooch
import pytest

from simulations.language.corpus.texts import read_stories

STORIES = [f"Story {i}.\n\nOnce “upon” a time." for i in range(300)]


@pytest.fixture
def lines(tmp_path):
    path = tmp_path / "traindataset.txt"
    path.write_text("".join(f"{json.dumps(story)}\n" for story in STORIES))
    return path


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / "cache")
    return tmp_path / "cache"


def in_parts(folder, file):
    """The first part of an archive with a small and a large file."""
    py7zr, multivolumefile = pytest.importorskip("py7zr"), pytest.importorskip("multivolumefile")
    small = folder / "valdataset.txt"
    small.write_text('"one story"\n')
    with (
        multivolumefile.MultiVolume(folder / "babistories.7z", "wb", volume=250, ext_digits=3) as parts,
        py7zr.SevenZipFile(parts, "w") as archive,
    ):
        archive.write(small, small.name)
        archive.write(file, file.name)
    assert (folder / "babistories.7z.002").exists()
    return folder / "babistories.7z.001"


def test_an_archive_in_parts_is_unpacked_once(tmp_path, lines, cache):
    first = in_parts(tmp_path, lines)
    assert read_stories(first) == STORIES
    (made,) = cache.rglob("*.txt")
    made.write_text('"another"\n')
    assert read_stories(first) == ["another"]


@pytest.mark.parametrize("part", ["001", "002"])
def test_a_damaged_archive_is_one_sentence(tmp_path, lines, cache, part):
    first = in_parts(tmp_path, lines)
    damaged = first.with_suffix(f".{part}")
    raw = damaged.read_bytes()
    damaged.write_bytes(raw[:200] + bytes(20) + raw[220:])
    with pytest.raises(ValueError, match=r"^corpus = .*: expected a whole 7z archive") as caught:
        read_stories(first)
    assert "\n" not in str(caught.value)
    assert not list(cache.rglob("*.txt")) or "partial" in str(next(cache.rglob("*.txt")))
