"""Rows: each by itself again, what identifies them, and the committed table."""

import csv
import pickle
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import jax
import numpy as np
import pytest

from simulations.mnist.closed_forms.report import joined
from simulations.mnist.features import linear_features, relu_features
from simulations.mnist.generator import Generator
from simulations.mnist.infinite import infinite_population
from simulations.mnist.jobs import COLUMNS, INPUTS, inputs, jobs
from simulations.mnist.kernel import relu_kernel
from simulations.mnist.mix import CLEAN, Mix
from simulations.mnist.models import Block, groups
from simulations.mnist.picture import PICTURES
from simulations.mnist.results import measure
from simulations.mnist.ridge import scores_by_size
from simulations.mnist.study import DEFAULT
from simulations.mnist.task import Extent, Recipe, prepared, task_keys
from simulations.mnist.theory import population, predicted_errors
from tests.images import GOOD, POOR, digits_task
from workbench.fingerprint import closure
from workbench.records import as_text, read_csv

TABLES = Path(str(files("figures"))) / "tables"
DIGITS = Extent("digits", 64, 1124, 449)


@pytest.mark.parametrize(
    ("model", "sizes", "widths"), [("linear", (80, 300), (None,)), ("relu", (60,), (20, 90))]
)
def test_rows_hold_what_they_say(model, sizes, widths):
    """Every row of a group again by itself: one size, one width, one ridge, one mix."""
    task = digits_task()
    block = Block("theory", model, sizes, widths, (0.3,), (GOOD, POOR), (0.02, 0.5), seeds=2)
    (group,) = groups(block)
    identities = inputs(group, DIGITS, 7, "code")
    results = measure(group, task, 7, lambda share: None).results
    assert len(results) == len(identities) == 12
    for row in map(dict.__or__, identities, results):
        assert set(row) == set(COLUMNS) - {"study"}
        n, width, ridge = row["n"], row["width"], row["ridge"]
        generator = None
        if row["generator_samples"] is not None:
            generator = Generator(row["generator_samples"], row["generator_noise"])
        mix = Mix(row["p2"], generator) if generator else CLEAN
        features = relu_features if model == "relu" else linear_features
        keys = [jax.random.fold_in(task_keys(7)[2], seed) for seed in range(2)]
        drawn = [scores_by_size(task, [mix], [n], width, features, [ridge], key) for key in keys]
        for name in ("error", "accuracy"):
            values = [float(getattr(scores, name)[0, 0, 0]) for scores in drawn]
            assert row[name] == pytest.approx(np.mean(values), rel=1e-4)
            stderr = np.std(values, ddof=1) / np.sqrt(2)
            assert row[f"{name}_stderr"] == pytest.approx(stderr, rel=1e-3)
        labels = [task.labels, task.synthetic[generator or GOOD].pool]
        counts = np.array([[n - mix.synthetic(n), mix.synthetic(n)]], float)
        if width is None:
            (expected,) = predicted_errors(population(task.pool, labels), [1], counts, [ridge])
        else:
            known = infinite_population(task.pool, labels, relu_kernel, n)
            scaled = ridge / float(known.multiplicities.sum())
            (expected,) = predicted_errors(known, [1], counts, [scaled], [width])
        assert row["predicted_error"] == pytest.approx(float(expected), rel=1e-4)


def test_a_network_has_no_prediction_and_says_how_fast_it_was():
    block = Block("width", "network", (40,), (6,), (0.5,), (GOOD,), (0.0,), seeds=2, steps=20)
    (group,) = groups(block)
    answer = measure(group, digits_task(), 0, lambda share: None)
    assert all(set(COLUMNS) - set(row) - set(INPUTS) - {"study"} == PREDICTED for row in answer.results)
    assert answer.facts["samples_per_second"] > 0


PREDICTED = {"predicted_error", "predicted_collapse", "predicted_plateau"}


def test_a_group_is_over_sizes_or_over_widths():
    block = Block("width", "relu", (100,), (100, 200), (0.5,), (GOOD,), (0.1,), seeds=2)
    assert [len(list(groups(b))) for b in (block, replace(block, sizes=(1, 2, 3)))] == [1, 2]
    # Of one size and one width the smaller makes the system.
    assert replace(block, widths=(200,)).by_width
    assert not replace(block, widths=(50,)).by_width


def test_jobs_are_a_few_words(monkeypatch):
    """What a worker is told is small, and makes the same task; a process makes it once."""
    monkeypatch.delenv("COLLAPSE_DATA", raising=False)
    task = digits_task()
    recipe = Recipe(None, True, (GOOD, POOR), 0)
    block = Block("theory", "linear", (80,), (None,), (0.3,), (GOOD, POOR), (0.5,), seeds=2)
    (job,) = jobs([block], recipe, DIGITS)
    assert len(pickle.dumps((job.work, job.arguments))) < 2000
    told, group = pickle.loads(pickle.dumps(job.arguments))
    assert prepared(told) is prepared(recipe)
    again = prepared(told)
    np.testing.assert_array_equal(again.pool, task.pool)
    for generator in (GOOD, POOR):
        written, expected = again.synthetic[generator].pool, task.synthetic[generator].pool
        np.testing.assert_allclose(written, expected, rtol=1e-9, atol=1e-11)
    assert group == job.arguments[1]


def test_the_code_of_rows_is_what_computes_them():
    """A new grid, picture or report does not change what is known."""
    modules = set(closure("simulations.mnist.results"))
    names = {name.removeprefix("simulations.mnist.") for name in modules}
    assert {"data", "idx", "task", "ridge", "network", "theory", "models"} <= names
    assert not {"study", "options", "picture", "report", "run", "jobs", "cost", "__main__"} & names
    assert "collapse_theory.predict" in modules


def test_the_committed_table_is_that_of_the_default_run():
    with open(TABLES / "mnist.csv") as file:
        rows = list(csv.DictReader(file))
    size = Extent("mnist", 784, 50000, 10000)
    wanted = [
        {"study": block.study} | {name: as_text(value) for name, value in row.items()}
        for block in DEFAULT
        for group in groups(block)
        for row in inputs(group, size, 0, rows[0]["code"])
    ]
    assert [{name: row[name] for name in wanted[0]} for row in rows] == wanted
    assert all(float(row["error"]) > 0 for row in rows)


@pytest.mark.parametrize("study", PICTURES)
def test_pictures_of_the_committed_table_are_the_committed_ones(study, tmp_path):
    rows = [row for row in read_csv(TABLES / "mnist.csv") if row["study"] == study]
    if study == "width":
        rows = joined(rows, read_csv(TABLES / "mnist.closed_forms.csv"))
    PICTURES[study](rows).save(tmp_path, study, [])
    committed = TABLES.parent / "gallery" / f"mnist_{study}.csv"
    assert (tmp_path / f"{study}.csv").read_text() == committed.read_text()
