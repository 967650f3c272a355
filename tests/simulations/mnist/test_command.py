"""The command on images: what it writes, kills, workers, folders of others, bad input."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from simulations.mnist.__main__ import main
from simulations.mnist.cost import machine_rate
from simulations.mnist.options import blocks, parser
from simulations.mnist.run import run
from workbench.cluster import Cluster
from workbench.records import read_csv
from workbench.store import FILE

SMALL = ["--quick", "--study", "scaling", "--model", "linear", "--n", "50,100", "--seeds", "2"]
# Three jobs, one for each width.
THREE = ["--quick", "--study", "scaling", "--model", "relu", "--n", "40:70:4", "--width", "5,6,7"]


@pytest.fixture(autouse=True)
def no_mnist(monkeypatch):
    """Without a folder of MNIST the quick run takes scikit-learn's digits."""
    monkeypatch.delenv("COLLAPSE_DATA", raising=False)


def command(folder, arguments):
    return ["--format", "png", "--out", str(folder), *arguments]


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text())


def asked(arguments):
    return blocks(parser("").parse_args(arguments))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The rows of an uninterrupted run of the three jobs, called from Python."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COLLAPSE_DATA", raising=False)
        outcome = run(tmp_path_factory.mktemp("whole"), quick=True, blocks=asked(THREE))
    assert (outcome.reused, outcome.failed, len(outcome.seconds)) == (0, {}, 3)
    return outcome.rows


def test_command_says_what_it_costs_and_how_it_ran(tmp_path, capsys):
    assert main(command(tmp_path, SMALL)) == 0
    names = {FILE, "mnist.csv", "mnist.parquet", "manifest.json", "scaling.png", "scaling.csv"}
    assert {path.name for path in tmp_path.iterdir()} == names
    rows = read_csv(tmp_path / "mnist.csv")
    assert len(rows) == 2 * 3
    for row in rows:
        assert row["error"] > 0
        assert row["predicted_error"] > 0
        assert (row["c2"] > 0) == (row["p2"] > 0)
    printed = capsys.readouterr()
    assert "measured / predicted" in printed.out
    assert "1 of 1 jobs to do, " in printed.err
    assert "TFLOP: about " in printed.err
    assert manifest(tmp_path)["rows_reused"] == 0
    # Again, and for another study: what is known is not computed, and a table is what was asked for.
    assert main(command(tmp_path, [*SMALL[:-4], "--n", "50", "--seeds", "2"])) == 0
    assert read_csv(tmp_path / "mnist.csv") == [row for row in rows if row["n"] == 50]
    assert manifest(tmp_path)["rows_reused"] == 3
    assert "0 of 1 jobs to do" in capsys.readouterr().err


def test_killed_and_resumed_equals_uninterrupted(tmp_path, whole):
    arguments = command(tmp_path, THREE)
    process = subprocess.Popen(
        [sys.executable, "-m", "simulations.mnist", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    deadline = time.time() + 240
    while time.time() < deadline and process.poll() is None and not 0 < jobs_done(tmp_path) < 3:
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert 0 < jobs_done(tmp_path) < 3, "not killed between its jobs"
    kept = jobs_done(tmp_path)
    assert main(arguments) == 0
    assert read_csv(tmp_path / "mnist.csv") == whole
    assert manifest(tmp_path)["rows_reused"] == kept * len(whole) // 3
    assert len(manifest(tmp_path)["seconds"]) == 3  # those of the killed process too


def jobs_done(folder):
    """How many jobs are in a folder's store, while another process writes."""
    if not (folder / FILE).exists():
        return 0
    with closing(sqlite3.connect(f"file:{folder / FILE}?mode=ro", uri=True)) as database:
        try:
            return database.execute("SELECT count(*) FROM answers WHERE kind = 'job'").fetchone()[0]
        except sqlite3.OperationalError:  # not yet made
            return 0


def test_two_workers_compute_the_same_rows(tmp_path, whole):
    outcome = run(tmp_path, quick=True, blocks=asked(THREE), cluster=Cluster(workers=2))
    assert outcome.failed == {}
    assert outcome.rows == whole


def test_a_folder_of_an_older_version_is_one_sentence(tmp_path, capsys):
    (tmp_path / "mnist.csv").write_text("study,data\n")
    with pytest.raises(SystemExit) as stop:
        main(command(tmp_path, SMALL))
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert f"out = {tmp_path}: mnist.csv is there without {FILE}" in error
    assert error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["mnist.csv"]
    with pytest.raises(ValueError, match="choose another --out"):
        run(tmp_path, quick=True)


def test_the_rate_of_a_machine_is_that_of_a_machine():
    assert 1e8 < machine_rate() < 1e15


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--n", "1e6"], "n = 1e"),
        (["--n", "ten"], "n = ten"),
        (["--n", "none"], "n = none"),
        (["--synthetic-fraction", "2"], "synthetic_fraction = 2"),
        (["--ridge", "0"], "ridge = 0"),
        (["--generator", "5000"], "generator = 5000"),
        (["--generator", "x"], "generator = x"),
        (["--generator", "10.7"], "generator = 10.7"),
        (["--steps", "5"], "steps = 5"),
        (["--width", "50"], "width = (50,)"),
        (["--model", "relu", "--width", "none"], "width = none"),
        (["--model", "relu", "--n", "100,200", "--width", "50000"], "width = 50000"),
        (["--model", "network", "--steps", "0"], "steps = 0"),
        (["--seeds", "1"], "seeds = 1"),
        (["--key", "-1"], "key = -1"),
        (["--study", "depth"], "study = depth"),
        (["--model", "network", "--study", "theory"], "study = theory"),
        (["--full"], "--quick and --full"),
        (["--format", "gif"], "format = gif"),
        (["--data", "/nowhere"], "data = /nowhere"),
        (["--workers", "0"], "workers = 0"),
        (["--workers", "2", "--scheduler", "tcp://host:1"], "--workers and --scheduler"),
    ],
)
def test_bad_input_is_one_line(tmp_path, capsys, flags, says):
    with pytest.raises(SystemExit) as stop:
        main(command(tmp_path, [*SMALL, *flags]))
    assert stop.value.code == 2
    text = capsys.readouterr().err
    assert says in text
    assert "expected" in text
    assert text.count("\n") == 1
    assert not list(tmp_path.iterdir())
