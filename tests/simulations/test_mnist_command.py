"""The command on images: rows, jobs, resumption, bad input, the committed table."""

import csv
import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import jax
import numpy as np
import pytest

from simulations.mnist.__main__ import main
from simulations.mnist.features import linear_features, projection, relu_features
from simulations.mnist.generator import Generator
from simulations.mnist.mix import CLEAN, Mix
from simulations.mnist.results import inputs, measure
from simulations.mnist.ridge import projection_key, scores_by_size
from simulations.mnist.study import DEFAULT, Block, jobs
from simulations.mnist.task import task_keys
from simulations.mnist.theory import population, predicted_errors
from tests.images import GOOD, POOR, digits_task


@pytest.mark.parametrize(
    ("model", "sizes", "widths"), [("linear", (80, 300), (None,)), ("relu", (60,), (20, 90))]
)
def test_rows_hold_what_they_say(model, sizes, widths):
    """Every row of a job again by itself: one size, one width, one ridge, one mix."""
    task = digits_task()
    block = Block("theory", model, sizes, widths, (0.3,), (GOOD, POOR), (0.02, 0.5), seeds=2)
    (job,) = jobs(block)
    rows = measure(job, task, inputs(job, task, 7, "code"), 7, lambda share: None).rows
    assert len(rows) == 12
    for row in rows:
        generator = None
        if row["generator_samples"] != "none":
            generator = Generator(int(row["generator_samples"]), float(row["generator_noise"]))
        mix = Mix(float(row["p2"]), generator) if generator else CLEAN
        n, ridge = int(row["n"]), float(row["ridge"])
        width = None if row["width"] == "none" else int(row["width"])
        features = relu_features if model == "relu" else linear_features
        keys = [jax.random.fold_in(task_keys(7)[2], seed) for seed in range(2)]
        drawn = [
            float(scores_by_size(task, [mix], [n], width, features, [ridge], key).error[0, 0, 0])
            for key in keys
        ]
        assert float(row["error"]) == pytest.approx(np.mean(drawn), rel=1e-4)
        assert float(row["error_stderr"]) == pytest.approx(np.std(drawn, ddof=1) / np.sqrt(2), rel=1e-3)
        seen = task.pool
        if width is not None:
            seen = relu_features(seen, projection(projection_key(keys[0]), 64, width))
        labels = [task.labels, task.synthetic[generator or GOOD].pool]
        counts = np.array([[n - mix.synthetic(n), mix.synthetic(n)]], float)
        (expected,) = predicted_errors(population(seen, labels), [1], counts, [ridge])
        assert float(row["predicted_error"]) == pytest.approx(float(expected), rel=1e-4)


def test_a_job_is_over_sizes_or_over_widths():
    block = Block("width", "relu", (100,), (100, 200), (0.5,), (GOOD,), (0.1,), seeds=2)
    assert [len(list(jobs(b))) for b in (block, replace(block, sizes=(1, 2, 3)))] == [1, 2]
    # Of one size and one width the smaller makes the system.
    assert replace(block, widths=(200,)).by_width
    assert not replace(block, widths=(50,)).by_width


def test_the_committed_table_is_that_of_the_default_run():
    task = SimpleNamespace(
        name="mnist", pool=np.empty((50000, 784)), test=SimpleNamespace(images=np.empty((10000, 784)))
    )
    with open(Path(str(files("figures"))) / "tables" / "mnist.csv") as file:
        found = list(csv.DictReader(file))
    wanted = [row for b in DEFAULT for job in jobs(b) for row in inputs(job, task, 0, found[0]["code"])]
    assert [{name: row[name] for name in wanted[0]} for row in found] == wanted
    assert all(float(row["error"]) > 0 for row in found)


SMALL = ["--quick", "--study", "scaling", "--model", "linear", "--n", "50,100", "--seeds", "2"]


@pytest.fixture
def no_mnist(monkeypatch):
    monkeypatch.delenv("COLLAPSE_DATA", raising=False)


def run(folder, *more):
    return main([*SMALL, "--format", "png", "--out", str(folder), *more])


def table(folder):
    with open(folder / "mnist.csv") as file:
        return list(csv.DictReader(file))


@pytest.mark.usefixtures("no_mnist")
def test_command_resumes_and_says_how_it_ran(tmp_path, capsys):
    assert run(tmp_path) == 0
    names = {"mnist.csv", "manifest.json", "scaling.png", "scaling.csv"}
    assert {path.name for path in tmp_path.iterdir()} == names
    rows = table(tmp_path)
    assert len(rows) == 2 * 3
    for row in rows:
        assert float(row["error"]) > 0
        assert float(row["predicted_error"]) > 0
        assert (float(row["c2"]) > 0) == (float(row["p2"]) > 0)
    assert "measured / predicted" in capsys.readouterr().out
    lines = (tmp_path / "mnist.csv").read_text().splitlines(keepends=True)
    (tmp_path / "mnist.csv").write_text("".join(lines[:-1]) + lines[-1][:20])  # killed while writing
    assert run(tmp_path) == 0
    assert table(tmp_path) == rows
    assert json.loads((tmp_path / "manifest.json").read_text())["jobs_reused"] == 0
    assert run(tmp_path) == 0
    assert json.loads((tmp_path / "manifest.json").read_text())["jobs_reused"] == 1


@pytest.mark.usefixtures("no_mnist")
@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--n", "1e6"], "n = 1e"),
        (["--n", "ten"], "n = ten"),
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
    ],
)
def test_bad_input_is_one_line(tmp_path, capsys, flags, says):
    with pytest.raises(SystemExit) as stop:
        run(tmp_path, *flags)
    assert stop.value.code == 2
    text = capsys.readouterr().err
    assert says in text
    assert "expected" in text
    assert text.count("\n") == 1
