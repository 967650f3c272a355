"""Files are whole or absent."""

import os
import time

import pytest

from workbench.files import ORPHANED, atomic_write, write_text


def test_a_failed_write_leaves_the_file_that_was(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("before")

    def fails(partial):
        partial.write_text("half")
        raise OSError("encoder error")  # without a number or a name, as image libraries do

    with pytest.raises(OSError, match="encoder error") as caught:
        atomic_write(path, fails)
    assert caught.value.filename == str(path)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.txt", "before")]


def test_a_full_disk_is_named(tmp_path):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    path = tmp_path / "a.txt"

    def fails(partial):
        with open("/dev/full", "w") as file:
            file.write("x")

    with pytest.raises(OSError, match="No space left on device") as caught:
        atomic_write(path, fails)
    assert caught.value.filename == str(path)
    assert not list(tmp_path.iterdir())


def test_what_a_kill_left_goes_later(tmp_path):
    left, new = (tmp_path / f".a.{name}.partial.txt" for name in ("left", "new"))
    for file in (left, new):
        file.touch()
    os.utime(left, 2 * (time.time() - 2 * ORPHANED,))
    write_text(tmp_path / "a.txt", "π\n")
    assert {path.name for path in tmp_path.iterdir()} == {"a.txt", new.name}
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "π\n"
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == new.stat().st_mode & 0o777
