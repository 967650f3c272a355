"""The command: what it makes, what a kill leaves, bad input."""

import json

import numpy as np
import pytest

from simulations.language import workshop
from simulations.language.generations import study
from simulations.language.generations.__main__ import main
from simulations.language.generations.chain import Chain
from simulations.language.generations.results import COLUMNS
from simulations.language.generations.study import Study
from tests.simulations.language.tiny import PLAN, tiny_runs
from workbench.records import grouped, numbers, read_csv

CHAINS = (Chain("replace"), Chain("accumulate"))


@pytest.fixture(scope="module", autouse=True)
def tiny():
    """--quick means two rounds of ten stories."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(study, "quick", lambda: Study(CHAINS, n=10, rounds=1, plan=PLAN))
        yield from tiny_runs()


def run(folder, *more):
    return main(["--quick", "--format", "svg", "--out", str(folder), *more])


def test_a_run_and_what_it_remembers(tmp_path, capsys):
    assert run(tmp_path) == 0
    rows = read_csv(tmp_path / "generations.csv")
    assert set(rows[0]) == set(COLUMNS)
    assert len(rows) == 2 * 2 * 2
    assert all(row["excess"] > 0 and 0 <= row["valid"] <= 1 for row in rows)
    first = [row for row in rows if row["round"] == 0]
    for seed in grouped(first, "seed"):  # all chains begin alike
        assert np.ptp(numbers(seed, "loss")) == 0
    assert {row["stories"] for row in rows if row["kind"] == "accumulate"} == {10, 20}
    made = {path.name for path in tmp_path.iterdir()}
    assert {"generations.csv", "rounds.svg", "manifest.json"} <= made
    assert "unfinished" not in made
    printed = capsys.readouterr().out
    assert "linear regression" in printed
    assert run(tmp_path, "--kind", "replace") == 0
    assert json.loads((tmp_path / "manifest.json").read_text())["rows_reused"] == 4
    assert len(read_csv(tmp_path / "generations.csv")) == 4


def test_a_killed_chain_goes_on_from_its_last_round(tmp_path, monkeypatch):
    def killed(*args):
        if killed.left == 0:
            raise KeyboardInterrupt
        killed.left -= 1
        return written(*args)

    killed.left, written = 3, workshop.write_stories  # two seeds of round 0, one of round 1
    monkeypatch.setattr(workshop, "write_stories", killed)
    with pytest.raises(SystemExit, match="130"):
        run(tmp_path, "--kind", "replace")
    killed.left = 1
    assert run(tmp_path, "--kind", "replace") == 0
    monkeypatch.undo()
    whole = tmp_path / "whole"
    assert run(whole, "--kind", "replace") == 0
    assert read_csv(tmp_path / "generations.csv") == read_csv(whole / "generations.csv")


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--kind", "forget"], "kind = forget: expected"),
        (["--rounds", "0"], "rounds = 0: expected"),
        (["--seeds", "1"], "seeds = 1: expected"),
    ],
)
def test_bad_input_is_one_sentence(tmp_path, capsys, flags, says):
    with pytest.raises(SystemExit) as ended:
        run(tmp_path, *flags)
    assert ended.value.code == 2
    assert says in capsys.readouterr().err.splitlines()[-1]
