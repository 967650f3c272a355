"""The command on stories: rows, resumption, failures, bad input, a text file."""

import json
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from simulations.language import __main__ as command
from simulations.language import run as program
from simulations.language.__main__ import main
from simulations.language.gpt2 import checkpoint, loop
from simulations.language.results import COLUMNS, INPUTS, Place, Stories, inputs
from simulations.language.study import DEFAULT, STUDIES, precise
from simulations.language.workshop import Workshop
from tests.simulations.language.tiny import CORPUS, PLAN, tiny_runs, write_tales
from workbench.records import read_csv


@pytest.fixture(scope="module", autouse=True)
def tiny():
    yield from tiny_runs()


def run(folder, *more):
    return main(["--quick", "--format", "svg", "--out", str(folder), *more])


def table(folder, name="language.csv"):
    return read_csv(folder / name)


def forget(folder, fails):
    """Take the rows for which `fails` out of the store."""
    with closing(sqlite3.connect(folder / "results.sqlite")) as database, database:
        select = "SELECT question FROM answers WHERE kind = 'row'"
        for (question,) in database.execute(select).fetchall():
            if fails(json.loads(question)):
                database.execute("DELETE FROM answers WHERE question = ?", (question,))


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text())


def recorded(patch):
    """The jobs that are measured from now on."""
    jobs, measure = [], program.measure

    def told(job, *others):
        jobs.append(job)
        return measure(job, *others)

    patch.setattr(program, "measure", told)
    return jobs


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder with a whole run, and the jobs that it measured."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        jobs = recorded(patch)
        assert run(folder) == 0
    return folder, jobs


@pytest.fixture
def copy(tmp_path, finished):
    return shutil.copytree(finished[0], tmp_path / "copy")


def test_a_run_and_what_it_makes(finished):
    folder, _ = finished
    pictures = {f"{name}.{suffix}" for name in STUDIES for suffix in ("svg", "csv")}
    names = {path.name for path in folder.iterdir()}
    assert names == {
        *("results.sqlite", "language.csv", "language.parquet", "manifest.json", "stories.txt"),
        *pictures,
    }
    rows = table(folder)
    assert (folder / "language.csv").read_text().split("\n")[0].split(",") == COLUMNS
    assert len(rows) == 2 * len(PLAN.jobs)
    for row in rows:
        assert row["loss"] > row["excess"] > 0
        assert row["best_step"] in (5, 10)
        mixed = row["p2"] > 0
        assert (row["generator_stories"], row["author_width"]) == ((20, 8) if mixed else (None, None))
        assert all((name in row) == mixed for name in ("generator_loss", "generator_excess", "valid"))
    assert len({row["loss"] for row in rows if row["study"] == "scaling"}) == 8
    facts = manifest(folder)
    assert facts["rows"] == len(rows)
    assert facts["rows_reused"] == 0
    assert set(facts["seconds"]) == {str(job) for job in PLAN.jobs}
    assert facts["training"]["8 x 1"]["tokens_per_second"] > 0
    stories = (folder / "stories.txt").read_text()
    assert CORPUS.text(CORPUS.real("test", 1, 0)[0]) in stories
    assert stories.count("# a generator that learnt from 20 stories") == 2


def test_a_model_of_two_studies_is_trained_once(finished):
    folder, jobs = finished
    assert [job.study for job in jobs] == 4 * ["scaling"] + 2 * ["filter"]
    rows = table(folder)
    known = [row | {"study": "size"} for row in rows if (row["study"], row["n"]) == ("scaling", 20)]
    assert [row for row in rows if row["study"] == "size"] == known


def test_a_second_run_computes_nothing(copy, finished, capsys, monkeypatch):
    jobs = recorded(monkeypatch)
    assert run(copy) == 0
    assert not jobs
    assert table(copy) == table(finished[0])
    assert manifest(copy)["rows_reused"] == 2 * len(PLAN.jobs)
    assert manifest(copy)["training"] == manifest(finished[0])["training"]
    assert (copy / "stories.txt").exists()
    printed = capsys.readouterr().out
    assert all(f"grammar, {name}: " in printed for name in STUDIES)
    assert str(copy / "language.csv") in printed
    assert "smallest collapse that is resolved" in printed


def test_a_row_that_is_missing_is_computed_again(copy, finished, monkeypatch):
    last = {name: table(copy)[-1][name] for name in INPUTS}
    forget(copy, lambda row: row == last)
    jobs = recorded(monkeypatch)
    assert run(copy) == 0
    assert jobs == PLAN.jobs[-1:]
    assert table(copy) == table(finished[0])
    assert manifest(copy)["rows_reused"] == 2 * (len(PLAN.jobs) - 1)


@pytest.mark.parametrize("every", [7, 1])
def test_a_killed_run_goes_on_to_the_same_rows(tmp_path, finished, monkeypatch, every):
    """Killed after so many savings, again and again; no step is done twice."""
    segments, saved = [], []
    segment, save = loop._segment, checkpoint.save

    def counted(*args):
        segments.append(1)
        return segment(*args)

    def killed(*args):
        save(*args)
        saved.append(1)
        if len(saved) % every == 0:
            raise KeyboardInterrupt

    monkeypatch.setattr(loop, "_segment", counted)
    monkeypatch.setattr(checkpoint, "save", killed)
    monkeypatch.setattr(command, "draw", lambda *args: [])
    kills = 0
    while True:
        try:
            assert run(tmp_path, "--study", "scaling") == 0
            break
        except SystemExit:  # interrupted
            kills += 1
        assert (tmp_path / "unfinished").exists()
    # Four models and the generators with two segments each, and the stories of two seeds.
    assert (len(segments), len(saved), kills) == (10, 12, 12 // every)
    assert not (tmp_path / "unfinished").exists()
    expected = [row for row in table(finished[0]) if row["study"] == "scaling"]
    assert table(tmp_path) == expected


@pytest.mark.parametrize("fraction", [0.5, 0.0])
def test_a_model_that_fails_does_not_stop_the_others(copy, finished, monkeypatch, capsys, fraction):
    rows = table(copy)
    failing = [row["n"] == 10 and row["p2"] == fraction for row in rows]
    forget(copy, lambda row: row["n"] == 10 and row["p2"] == fraction)

    def fails(*args):
        raise ArithmeticError("the loss\nis nan")

    monkeypatch.setattr(program, "measure", fails)
    assert run(copy) == 1
    (name,) = manifest(copy)["failed"]
    assert f"FAILED {name}: the loss is nan\n" in capsys.readouterr().out
    assert table(copy) == [row for row, fails in zip(rows, failing, strict=True) if not fails]


def test_rows_say_how_long_their_generators_learnt(tmp_path):
    """Ten stories are 5 steps either way, the generators' 20 are 5 or 10."""
    jobs = [job for job in PLAN.jobs if job.n == 10]
    texts = [
        [inputs(job, Place(Stories(None), plan, 0, tmp_path, "code")) for job in jobs]
        for plan in (replace(PLAN, steps=5), replace(PLAN, epochs=2))
    ]
    clean, mixed = (job.fraction == 0 for job in jobs)
    assert (clean, mixed) == (True, False)
    assert texts[0][0] == texts[1][0]
    assert texts[0][1] != texts[1][1]


def test_the_committed_table_is_that_of_the_precise_plan(tmp_path):
    """With three seeds in place of two, as in `make tables`."""
    committed = table(Path(str(files("figures"))) / "tables")
    place = Place(Stories(None), replace(precise(DEFAULT), seeds=3), 0, tmp_path, committed[0]["code"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("simulations.language.plan.SEGMENT", 50)
        jobs = place.plan.jobs
        wanted = [{"study": job.study, **row} for job in jobs for row in inputs(job, place)]
    assert [{name: row[name] for name in ("study", *INPUTS)} for row in committed] == wanted
    assert all(row["excess"] > 0 for row in committed)


def test_generators_have_initial_weights_of_their_own(tmp_path, monkeypatch):
    begun, first = [], loop._first

    def recorded(*args):
        begun.append(first(*args))
        return begun[-1]

    monkeypatch.setattr(loop, "_first", recorded)
    job = next(job for job in PLAN.jobs if job.generator)
    Workshop(CORPUS, PLAN, 0, tmp_path, "code").trained(job, lambda flops: None)
    author, model = (np.asarray(run.state[0].tokens) for run in begun)
    assert author.shape == model.shape
    assert not any(np.array_equal(one, other) for one in author for other in model)


def test_a_fraction_of_less_than_half_a_story(tmp_path):
    flags = ["--study", "scaling", "--n", "10", "--synthetic-fraction", "0.01"]
    assert run(tmp_path, *flags) == 0
    assert len({row["loss"] for row in table(tmp_path)}) == 2  # of the seeds


def test_stories_of_a_file(tmp_path, monkeypatch):
    tales = write_tales(tmp_path / "tales.txt")
    # With the grammar's sizes nothing is compiled again.
    sizes = ["--vocabulary", str(CORPUS.vocabulary), "--length", str(CORPUS.length)]
    flags = ["--corpus", str(tales), *sizes, "--n", "10,20", "--stories", "18"]
    assert run(tmp_path / "out", *flags) == 0
    rows = table(tmp_path / "out")
    assert {row["study"] for row in rows} == {"scaling", "size"}  # there is no verifier
    (name,) = {row["corpus"] for row in rows}
    assert re.fullmatch(rf"tales-[0-9a-f]{{8}} {CORPUS.vocabulary} {CORPUS.length}", name)
    for row in rows:
        assert row["loss"] > 0
        assert not {"excess", "generator_excess", "valid"} & set(row)
        assert ("generator_loss" in row) == (row["p2"] > 0)
    assert {"stories.txt", "scaling.svg"} <= {path.name for path in (tmp_path / "out").iterdir()}
    assert "[no story]" not in (tmp_path / "out" / "stories.txt").read_text()
