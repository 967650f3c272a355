"""What a sweep survives: kills, full disks, damaged and foreign folders, a second process."""

import ast
import json
import os
import resource
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks import kills
from benchmarks.kills import FILES
from simulations import table as tables
from simulations.folder import alone
from simulations.manifest import earlier
from simulations.sweep.__main__ import main
from simulations.sweep.rows import COLUMNS
from simulations.table import Table, atomic_write

SMALL = ["--d", "8", "--n", "20:60:3", "--synthetic-fraction", "0,0.25", "--seeds", "4"]
SMALL += ["--format", "png"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The table of an uninterrupted run."""
    folder = tmp_path_factory.mktemp("whole")
    assert main([*SMALL, "--out", str(folder)]) == 0
    return (folder / "sweep.csv").read_bytes()


@contextmanager
def largest_file(size):
    """No file can grow beyond so many bytes: what a full disk is, without the right to mount one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def stopped(capsys, folder, code=2):
    """The one line on stderr of a command that stops."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        main([*SMALL, "--out", str(folder)])
    assert stop.value.code == code
    error = capsys.readouterr().err
    lines = [line for line in error.splitlines() if line.startswith("python -m simulations.sweep: ")]
    assert "Traceback" not in error
    assert len(lines) == 1
    assert error.endswith(lines[0] + "\n")
    return lines[0].removeprefix("python -m simulations.sweep: ")


def completes(folder, whole):
    """The same command goes on to the table of an uninterrupted run, and leaves nothing else."""
    assert main([*SMALL, "--out", str(folder)]) == 0
    assert (folder / "sweep.csv").read_bytes() == whole
    assert {path.name for path in folder.iterdir()} == FILES


def test_killed_and_resumed_equals_uninterrupted(tmp_path, capsys):
    """Three kills; `python -m benchmarks.kills` delivers a hundred at random moments."""
    arguments = ["--d", "8", "--n", "20:219:200", "--seeds", "4", "--format", "png"]
    out, compiled = tmp_path / "killed", tmp_path / "compiled"
    before = []
    for enough in (0, 1, 3):  # while Python starts, and with so many rows on disk
        process = kills.start(arguments, out, compiled)
        deadline = time.time() + (120 if enough else 0.5)
        while (
            time.time() < deadline and process.poll() is None and not len(kills.lines(out)) > enough > 0
        ):
            time.sleep(0.01)
        assert process.poll() is None, "finished before it could be killed"
        if enough == 1:
            assert "another process is writing there" in stopped(capsys, out)
        process.kill()
        process.wait()
        kills.check_files(out)
        assert set(before) <= set(kills.lines(out))
        before = kills.lines(out)
    with open(out / "sweep.csv", "a") as file:
        file.write("12,0.0,30,half a line")
    for folder in (out, tmp_path / "whole"):
        assert main([*arguments, "--out", str(folder)]) == 0
        assert {path.name for path in folder.iterdir()} == FILES
    table = (out / "sweep.csv").read_bytes()
    assert table == (tmp_path / "whole" / "sweep.csv").read_bytes()
    assert set(before) <= set(table.splitlines(keepends=True))
    assert json.loads((out / "manifest.json").read_text())["rows_reused"] == len(before) - 1


def test_a_folder_in_use_is_refused_and_left_alone(tmp_path, capsys):
    with alone(tmp_path):
        expected = f"out = {tmp_path}: another process is writing there; wait for it or choose another"
        assert stopped(capsys, tmp_path).startswith(expected)
        assert [path.name for path in tmp_path.iterdir()] == [".lock"]


@pytest.mark.parametrize("rows", [0, 2.5])
def test_a_disk_that_fills_up_loses_nothing(tmp_path, capsys, whole, rows):
    lines = whole.splitlines(keepends=True)
    room = len(lines[0]) + int(rows * len(lines[1]))
    with largest_file(room):
        error = stopped(capsys, tmp_path, code=1)
    assert error.startswith(f"{tmp_path / 'sweep.csv'}: File too large; what was written before is kept")
    kept = (tmp_path / "sweep.csv").read_bytes()
    assert kept == b"".join(lines[: 1 + int(rows)])
    completes(tmp_path, whole)
    assert json.loads((tmp_path / "manifest.json").read_text())["rows_reused"] == int(rows)


@pytest.mark.parametrize("name", ["sweep.csv", "sweep.png", "manifest.json"])
def test_a_file_that_does_not_fit_is_named_and_the_rest_is_kept(tmp_path, capsys, whole, name):
    """/dev/full in place of the temporary file."""
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    table = Table(tmp_path / "sweep.csv", COLUMNS, COLUMNS[:-1])
    path = tmp_path / name
    (tmp_path / f".{path.stem}.partial{path.suffix}").symlink_to("/dev/full")
    error = stopped(capsys, tmp_path, code=1)
    assert error.startswith(f"{path}: No space left on device; what was written before is kept")
    assert sorted((tmp_path / "sweep.csv").read_bytes().splitlines()) == sorted(whole.splitlines())
    assert not list(tmp_path.glob(".*"))
    assert table.path.exists()
    completes(tmp_path, whole)


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("file", "out = {}: File exists"),
        ("file/new", "out = {}: Not a directory"),
        ("taken", "out = {}: sweep.csv: Is a directory"),
        ("locked", "out = {}: Is a directory"),
    ],
)
def test_a_folder_that_cannot_be_written_is_one_line(tmp_path, capsys, out, message):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "taken" / "sweep.csv").mkdir(parents=True)
    (tmp_path / "locked" / ".lock").mkdir(parents=True)
    assert stopped(capsys, tmp_path / out) == message.format(tmp_path / out)


def test_a_folder_without_permission_is_one_line(tmp_path, capsys, monkeypatch):
    def denied(self, *args, **options):  # root may write everywhere
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(tables.Path, "mkdir", denied)
    assert stopped(capsys, tmp_path) == f"out = {tmp_path}: Permission denied"


def damaged(content, kind):
    lines = content.splitlines(keepends=True)
    if kind == "cut in the middle":
        return b"".join([*lines[:2], lines[2][:40], *lines[3:]])
    if kind == "binary":
        return b"".join([*lines[:2], bytes(range(128, 200)) + b"\n", *lines[3:]])
    if kind == "nul":
        return b"".join([*lines[:2], bytes(300) + b"\n", *lines[3:]])
    if kind == "quote":
        return b"".join([*lines[:2], lines[2].rstrip()[:-2] + b'"ok\n', *lines[3:]])
    if kind == "quote first":
        return b"".join([*lines[:2], b'"' + lines[2], *lines[3:]])
    if kind == "word":
        return b"".join([*lines[:2], lines[2].replace(b".", b"?"), *lines[3:]])
    if kind == "wide":
        return b"".join([*lines[:2], lines[2].replace(b",", b",,", 1), *lines[3:]])
    return b"".join([*lines[:2], *lines])  # a table pasted into a table


@pytest.mark.parametrize(
    "kind",
    ["cut in the middle", "binary", "nul", "quote", "quote first", "word", "wide", "pasted"],
)
def test_a_damaged_row_is_named_and_nothing_is_changed(tmp_path, capsys, whole, kind):
    path = tmp_path / "sweep.csv"
    path.write_bytes(damaged(whole, kind))
    assert stopped(capsys, tmp_path) == f"{path}, line 3: not a row of this table; remove it"
    assert path.read_bytes() == damaged(whole, kind)


@pytest.mark.parametrize(
    "content",
    [b"mine", b"mine\n", b"a,b\n1,2\n", bytes(range(256)), b"\xff\xfe\n", b'"\n' * 9, b"\n", bytes(99)],
)
def test_a_foreign_file_is_refused_and_left_alone(tmp_path, capsys, content):
    path = tmp_path / "sweep.csv"
    path.write_bytes(content)
    assert stopped(capsys, tmp_path) == f"{path}: not a table of this program; choose another --out"
    assert path.read_bytes() == content


def test_what_can_be_mended_without_loss_is(tmp_path, whole):
    lines = whole.splitlines(keepends=True)
    mended = {
        "empty": b"",
        "half a header": whole[:20],
        "no end": whole.rstrip(),
        "twice": b"".join([*lines, *lines[2:]]),
        "blank lines": b"\n".join(lines) + b"\n",
        "other line ends": whole.replace(b"\n", b"\r\n"),
        "zeros after a crash": whole + bytes(500),
    }
    for name, content in mended.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "sweep.csv").write_bytes(content)
        completes(folder, whole)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1]", b"\xff", b"[" * 100_000, b'{"code": "c", "a": 3}']
)
def test_a_damaged_manifest_is_as_none(tmp_path, content):
    path = tmp_path / "manifest.json"
    path.write_bytes(content)
    assert earlier(path, "c", "a") == {}
    path.write_bytes(b'{"code": "c", "a": {"b": 3}}')
    assert earlier(path, "c", "a") == {"b": 3}


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


def test_nothing_that_is_read_can_run_code():
    """Results and caches are CSV, JSON, TOML, text and safetensors: no pickle, no eval."""
    root = Path(__file__).parents[2]
    modules = {
        "pickle",
        "cPickle",
        "dill",
        "cloudpickle",
        "joblib",
        "marshal",
        "shelve",
        "torch",
        "yaml",
    }
    calls = {"eval", "exec", "read_pickle", "load_pickle", "literal_eval"}
    for package in ("collapse_theory", "simulations", "figures", "derivations", "benchmarks"):
        for path in (root / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [getattr(node, "id", None), getattr(node, "attr", None)]
                names += [
                    alias.name.split(".")[0]
                    for alias in getattr(node, "names", [])
                    if hasattr(alias, "name")
                ]
                names += [(node.module or "").split(".")[0]] if isinstance(node, ast.ImportFrom) else []
                assert not (modules | calls) & set(names), path
                if isinstance(node, ast.keyword):
                    assert node.arg != "allow_pickle", path
