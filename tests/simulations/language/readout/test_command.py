"""The command: what it makes, what it remembers, stories of a file, bad input."""

import json

import numpy as np
import pytest

from simulations.language.readout import report, results, study, world
from simulations.language.readout.__main__ import main
from simulations.language.readout.plan import Block, Plan, Point
from simulations.language.readout.reader import Reader
from simulations.language.readout.run import COLUMNS
from simulations.language.readout.world import Author
from tests.simulations.language.readout.made import WIDTH
from tests.simulations.language.tiny import tiny_runs, write_tales
from workbench.files import write_text
from workbench.records import grouped, numbers, read_csv

PLAN = Plan(
    blocks=(
        Block("random", "stories", WIDTH, (20, 200), (0.5,)),
        Block("random", "tokens", WIDTH, (20,), (0.0,)),
    ),
    author=Author(stories=15, steps=10, width=8, depth=1, temperature=0.5, written=40),
    reader=Reader(stories=15, steps=10, width=8, depth=1),
    order=2,
    ridge=1e-4,
    seeds=2,
)


@pytest.fixture(scope="module", autouse=True)
def tiny():
    """--quick means `PLAN`, with little around the author."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(study, "quick", lambda: PLAN)
        yield from tiny_runs()


def run(folder, *more):
    return main(["--quick", "--format", "svg", "--out", str(folder), *more])


@pytest.fixture(params=["no author for the file", "an author for both"])
def authors(request, monkeypatch):
    """Whether a second GPT-2 learns to write, or real stories stand for its own."""
    written = world.synthetic_stories

    def stories(place, progress):
        if place.path is None:
            return written(place, progress)
        return world.corpus_of(place).real("generator", PLAN.author.stories, 0)

    if request.param.startswith("no"):
        monkeypatch.setattr(world, "synthetic_stories", stories)
    results.world_of.cache_clear()


@pytest.mark.usefixtures("authors")
def test_a_run_and_what_it_remembers(tmp_path, capsys):
    tales = write_tales(tmp_path / "tales.txt")
    folder = tmp_path / "out"
    assert run(folder, "--corpus", str(tales), "--vocabulary", "300", "--length", "64") == 0
    rows = read_csv(folder / "readout.csv")
    assert len(rows) == 2 * 5
    assert set(rows[0]) <= set(COLUMNS)
    for row in rows:
        assert row["error"] > 0
        assert row["predicted_error"] > row["plateau"] > 0
        assert row["noise"] >= row["approximation"] > 0
        of_others = {"loss", "predicted_loss", "predicted_loss_collapse"}
        # Of the grammar nothing is unknown.
        assert of_others & set(row) == (of_others if row["study"] == "text" else set())
        if not row["p2"]:
            assert row["collapse"] == row["predicted_collapse"] == row["plateau_collapse"] == 0
    for curve in grouped(rows, "study", "rows", "p2"):
        assert np.ptp(numbers(curve, "plateau")) == 0
        assert (np.diff(numbers(curve, "predicted_error")) < 0).all()
    made = {path.name for path in folder.iterdir()}
    assert {"readout.csv", "readouts.svg", "readouts.csv", "manifest.json"} <= made
    assert "unfinished" not in made
    printed = capsys.readouterr().out
    assert "measured error / predicted - 1" in printed
    assert "factors by which n is divided" in printed
    # Again, for fewer sizes: nothing is computed, and the table is what was asked for.
    assert run(folder, "--n", "20") == 0
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["rows"], manifest["rows_reused"]) == (3, 3)
    kept = [row for row in rows if row["study"] == "grammar" and row["stories"] == 20]
    assert read_csv(folder / "readout.csv") == kept


def test_hidden_states_as_features(tmp_path, monkeypatch, capsys):
    block = Block("gpt2", "stories", PLAN.reader.width, (20,), (0.5,))
    monkeypatch.setattr(study, "quick", lambda: PLAN._replace(blocks=(block,)))
    for name, size in (("POOL", 50), ("HELD_OUT", 20)):
        monkeypatch.setattr(world, name, size)
    assert run(tmp_path) == 0
    clean, mixed = read_csv(tmp_path / "readout.csv")
    assert set(mixed) <= set(COLUMNS)
    assert (mixed["p2"], mixed["reader_width"]) == (0.5, block.width)
    assert mixed["predicted_error"] > mixed["plateau"] > 0
    assert mixed["predicted_loss"] > mixed["noise"]
    assert clean["predicted_loss_collapse"] == 0
    assert "held-out stories" in capsys.readouterr().out


def test_which_predictions_transfer():
    row = {"predicted_collapse": 1e-4, "predicted_loss_collapse": 0.95e-4}
    assert report.transfers(row)
    assert not report.transfers(row | {"predicted_loss_collapse": -1e-5})


def test_points_of_a_block():
    block = Block("random", "stories", 3, (10, 1000), (0.001, 1.0))
    assert block.points == [
        Point(10, 0.0),  # a thousandth of them is no story
        Point(10, 1.0),
        Point(1000, 0.0),
        Point(1000, 0.001),
        Point(1000, 1.0),
    ]
    assert Point(1000, 0.001).split == (999, 1)


def test_a_folder_of_another_program_is_one_sentence(tmp_path, capsys):
    write_text(tmp_path / "readout.csv", "study\n")
    with pytest.raises(SystemExit) as stop:
        run(tmp_path)
    assert stop.value.code == 2
    assert "readout.csv is there without" in capsys.readouterr().err


def test_an_author_needs_its_stories(tmp_path, capsys):
    tales = write_tales(tmp_path / "tales.txt")
    with pytest.raises(SystemExit) as stop:
        run(tmp_path / "out", "--corpus", str(tales), "--vocabulary", "300", "--stories", "19")
    assert stop.value.code == 2
    assert "stories = 19: expected between 1 and 18" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--n", "0"], "n = 0: expected"),
        (["--n", "ten"], "n = ten: expected"),
        (["--synthetic-fraction", "2"], "synthetic_fraction = 2: expected"),
        (["--width", "0"], "width = 0: expected"),
        (["--ridge", "0"], "ridge = 0: expected"),
        (["--seeds", "1"], "seeds = 1: expected"),
        (["--temperature", "0"], "temperature = 0: expected"),
        (["--corpus", "/nowhere"], "corpus = /nowhere: expected a file"),
        (["--study", "text"], "study = text: expected a file of stories too"),
        (["--study", "novel"], "study = novel: expected among"),
        (["--plan", "large"], "plan = large: expected among default"),
        (["--key", "-1"], "key = -1: expected"),
        (["--format", "gif"], "format = gif: expected"),
    ],
)
def test_bad_input_is_one_line(tmp_path, capsys, flags, says):
    with pytest.raises(SystemExit) as stop:
        run(tmp_path / "out", *flags)
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
