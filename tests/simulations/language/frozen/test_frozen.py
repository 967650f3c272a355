"""The command on networks that hardly learn: what its rows hold."""

import json

import jax
import numpy as np
import pytest

from simulations.language.corpus.corpus import grammar_corpus
from simulations.language.corpus.grammar import PAD
from simulations.language.experiment import architecture
from simulations.language.frozen import __main__ as command
from simulations.language.frozen import world
from simulations.language.frozen.plan import DEFAULT, Network
from simulations.language.frozen.run import COLUMNS
from simulations.language.gpt2.model import GPT2
from simulations.language.gpt2.training import Recipe
from simulations.language.plan import Shape
from simulations.language.readout.world import Author
from tests.simulations.language.tiny import tiny_runs
from workbench.records import read_csv

PLAN = DEFAULT._replace(
    fractions=(0.0, 0.5),
    networks=1,
    network=Network(stories=20, steps=10, width=8, depth=1),
    author=Author(stories=15, steps=10, width=8, depth=1, temperature=0.5, written=60),
    pool=40,
    sizes=(20,),
    seeds=2,
    recipe=Recipe(batch=4),
)


@pytest.fixture(scope="module", autouse=True)
def tiny():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "quick", lambda: PLAN)
        for name, size in (("VALIDATION", 10), ("TESTS", 10), ("BATCH", 10)):
            patch.setattr(world, name, size)
        yield from tiny_runs()


def test_a_run(tmp_path, capsys):
    assert command.main(["--quick", "--networks", "2", "--format", "svg", "--out", str(tmp_path)]) == 0
    clean, mixed, *others = read_csv(tmp_path / "frozen.csv")
    assert set(clean) | set(mixed) <= set(COLUMNS)
    assert (clean["p2"], mixed["p2"]) == (0, 0.5)
    assert [(row["p2"], row["network"]) for row in others] == [(0, 1), (0.5, 1)]
    assert clean["network_loss"] != others[0]["network_loss"]  # other stories, other weights
    assert mixed["c2"] != others[1]["c2"]  # another author
    assert clean["collapse"] == clean["loss_collapse"] == clean["predicted_loss_collapse"] == 0
    for row in (clean, mixed):
        assert row["network_loss"] > row["network_excess"] > 0
        assert 0 < row["network_squared"] < 1
        assert row["predicted_error"] > 0
        assert row["predicted_loss"] > row["noise"]
    assert mixed["predicted_loss"] - mixed["predicted_clean_loss"] == pytest.approx(
        mixed["predicted_loss_collapse"], abs=1e-6
    )
    assert "measured error / predicted - 1" in capsys.readouterr().out
    assert json.loads((tmp_path / "manifest.json").read_text())["rows"] == 4
    assert (tmp_path / "networks.svg").exists()
    assert not (tmp_path / "unfinished").exists()


def test_squared_errors_of_a_network():
    corpus = grammar_corpus()
    stories = corpus.real("test", 10, 0)
    model = GPT2(architecture(corpus, Shape(8, 1)), jax.random.key(1))
    sums = world.squared_errors(model, stories)
    logits = np.asarray(model(stories[3, :-1])).astype(float)
    q = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    told = stories[3, 1:] != PAD
    y = np.eye(corpus.vocabulary)[stories[3, 1:]]
    assert sums[3] == pytest.approx(np.sum((y - q)[told] ** 2), rel=1e-5)


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--networks", "0"], "networks = 0: expected"),
        (["--steps", "0"], "steps = 0: expected"),
        (["--learning-rate", "2"], "learning_rate = 2: expected"),
        (["--synthetic-fraction", "0.001"], "synthetic_fraction = 0.001: expected"),
        (["--stories", "60"], "stories = 60: expected"),
        (["--key", "-1"], "key = -1: expected"),
    ],
)
def test_bad_input_is_one_line(tmp_path, capsys, flags, says):
    with pytest.raises(SystemExit) as stop:
        command.main(["--quick", "--out", str(tmp_path), *flags])
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
