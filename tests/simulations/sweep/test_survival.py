"""What a sweep survives: kills, full disks, foreign and older folders, a second process."""

import ast
import json
import os
import resource
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks import kills
from simulations.sweep.__main__ import main

SMALL = ["--d", "8", "--n", "20:60:3", "--synthetic-fraction", "0,0.25", "--seeds", "4"]
SMALL += ["--format", "png"]
COMPILED = Path(os.environ["JAX_COMPILATION_CACHE_DIR"])  # tests/conftest.py


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
    assert {path.name for path in folder.iterdir()} == kills.FILES


def test_killed_and_resumed_equals_uninterrupted(tmp_path):
    """Three kills; `python -m benchmarks.kills` delivers a hundred at random moments."""
    arguments = [*SMALL, "--n", "20:79:60", "--synthetic-fraction", "0.25"]
    out = tmp_path / "killed"
    before = {}
    for enough in (0, 1, 3):  # while Python starts, and with so many rows on disk
        process = kills.start(arguments, out, COMPILED)
        deadline = time.time() + (120 if enough else 0.5)
        while (
            time.time() < deadline and process.poll() is None and not len(kills.rows(out)) > enough > 0
        ):
            time.sleep(0.05)
        assert process.poll() is None, "finished before it could be killed"
        process.kill()
        process.wait()
        assert before.items() <= kills.rows(out).items()
        before = kills.rows(out)
    for folder in (out, tmp_path / "whole"):
        assert main([*arguments, "--out", str(folder)]) == 0
        assert {path.name for path in folder.iterdir() if "partial" not in path.name} == kills.FILES
    assert (out / "sweep.csv").read_bytes() == (tmp_path / "whole" / "sweep.csv").read_bytes()
    assert before.items() <= kills.rows(out).items()
    assert json.loads((out / "manifest.json").read_text())["rows_reused"] == len(before)


def test_two_processes_in_one_folder(tmp_path, whole):
    processes = [kills.start(SMALL, tmp_path, COMPILED) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    assert (tmp_path / "sweep.csv").read_bytes() == whole


@pytest.mark.parametrize("room", [0, 60_000])  # results fit in, the picture does not
def test_a_disk_that_fills_up_loses_nothing(tmp_path, capsys, whole, room):
    with largest_file(room):
        error = stopped(capsys, tmp_path, code=1 if room else 2)
    if room:
        expected = f"{tmp_path / 'sweep.png'}: File too large; what was computed before is kept, and the"
        assert error.startswith(expected)
        assert len(kills.rows(tmp_path)) == 6
    else:
        assert error.startswith(f"out = {tmp_path}: results.sqlite: ")
    completes(tmp_path, whole)


@pytest.mark.parametrize("name", ["sweep.csv", "sweep.png", "manifest.json"])
def test_a_file_that_cannot_be_put_there_is_named_and_the_rest_is_kept(tmp_path, capsys, whole, name):
    (tmp_path / "results.sqlite").touch()  # else a table without one would be of an older version
    (tmp_path / name / "in the way").mkdir(parents=True)
    error = stopped(capsys, tmp_path, code=1)
    assert error.startswith(f"{tmp_path / name}: ")
    assert error.endswith("what was computed before is kept, and the same command goes on from there")
    assert len(kills.rows(tmp_path)) == 6
    assert not list(tmp_path.glob(".*"))
    (tmp_path / name / "in the way").rmdir()
    (tmp_path / name).rmdir()
    completes(tmp_path, whole)
    assert json.loads((tmp_path / "manifest.json").read_text())["rows_reused"] == 6


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("file", "out = {}: File exists"),
        ("file/new", "out = {}: Not a directory"),
        ("taken", "out = {}: results.sqlite: unable to open database file"),
    ],
)
def test_a_folder_that_cannot_be_written_is_one_line(tmp_path, capsys, out, message):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "taken" / "results.sqlite").mkdir(parents=True)
    assert stopped(capsys, tmp_path / out) == message.format(tmp_path / out)


def test_a_folder_without_permission_is_one_line(tmp_path, capsys, monkeypatch):
    def denied(self, *args, **options):  # root may write everywhere
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", denied)
    assert stopped(capsys, tmp_path / "new") == f"out = {tmp_path / 'new'}: Permission denied"


def test_a_folder_of_an_older_version_is_one_line(tmp_path, capsys):
    table = tmp_path / "sweep.csv"
    table.write_text("d,exponent,n\n8,0.0,20\n")
    expected = (
        f"out = {tmp_path}: sweep.csv is there without results.sqlite: of an older version of this"
    )
    assert stopped(capsys, tmp_path).startswith(expected)
    assert table.read_text() == "d,exponent,n\n8,0.0,20\n"


def test_a_foreign_file_is_refused_and_left_alone(tmp_path, capsys):
    path = tmp_path / "results.sqlite"
    path.write_bytes(b"mine")
    assert stopped(capsys, tmp_path).startswith(f"out = {tmp_path}: results.sqlite: not the results of")
    assert path.read_bytes() == b"mine"


def test_nothing_that_is_read_can_run_code():
    """Results and caches are SQLite, JSON, CSV, TOML, text and safetensors: no pickle, no eval."""
    root = Path(__file__).parents[3]
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
    packages = ("collapse_theory", "simulations", "figures", "derivations", "benchmarks", "workbench")
    for package in packages:
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
                    refused = isinstance(node.value, ast.Constant) and node.value.value is False
                    assert node.arg != "allow_pickle" or refused, path


def test_interrupted_by_its_user(tmp_path, capsys, monkeypatch):
    def interrupted(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("simulations.sweep.rows.simulate_draws", interrupted)
    assert "interrupted; what was computed before is kept" in stopped(capsys, tmp_path, code=130)
    assert os.path.exists(tmp_path / "results.sqlite")
