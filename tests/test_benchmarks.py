"""The benchmarks run, and stop in one sentence; how fast anything is, no test says."""

import importlib
import re

import numpy as np
import pytest

from benchmarks import kills, theory
from benchmarks.command import Fact, write_facts
from benchmarks.compiled import cost_of_a_seed
from benchmarks.picture import draw
from benchmarks.rows import compare
from benchmarks.setting import Setting
from benchmarks.timing import ratio, side_by_side, summary
from workbench.records import read_csv

SMALL = Setting(8, 20, 4)


def stopped(capsys, module, arguments):
    """The one line on stderr of a program that refuses its arguments."""
    with pytest.raises(SystemExit) as stop:
        importlib.import_module(module).main(arguments)
    assert stop.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.mark.parametrize(
    ("module", "arguments", "message"),
    [
        ("benchmarks.__main__", ["--sections", "speed"], "sections = speed: expected a list among"),
        ("benchmarks.__main__", ["--fast"], "unrecognized arguments: --fast"),
        ("benchmarks.device", ["--sizes", "3"], "unrecognized arguments: --sizes 3"),
        ("benchmarks.derivations", ["--out", "x"], "unrecognized arguments: --out x"),
        ("benchmarks.kills", ["--kills", "0"], "kills = 0: expected at least 1"),
        ("benchmarks.kills", ["--kills", "many"], "argument --kills: invalid int value: 'many'"),
    ],
)
def test_wrong_arguments_are_one_sentence(capsys, module, arguments, message):
    program = module.removesuffix(".__main__")
    assert stopped(capsys, module, arguments).startswith(f"python -m {program}: {message}")


@pytest.mark.parametrize("module", ["benchmarks.__main__", "benchmarks.device"])
def test_a_folder_that_cannot_be_is_one_sentence(tmp_path, capsys, module):
    (tmp_path / "file").write_text("mine")
    line = stopped(capsys, module, ["--out", str(tmp_path / "file")])
    assert line.endswith(f"out = {tmp_path / 'file'}: File exists")


def test_a_seeds_operations_do_not_depend_on_how_many_are_computed_at_once():
    few, many = (cost_of_a_seed(SMALL, seeds, rounds=1) for seeds in (8, 32))
    assert few.seconds > 0
    assert few.operations > 8 * SMALL.m**2  # at least the Gram matrix of the features
    np.testing.assert_allclose(few.operations, many.operations, rtol=0.05)


def test_ratios_are_taken_round_by_round():
    ours, peer = summary(np.array([1.0, 2.0, 4.0])), summary(np.array([3.0, 6.0, 12.0]))
    assert ratio(peer, ours)[:3] == (3.0, 3.0, 3.0)


def test_every_contender_is_timed_in_every_round():
    calls = []
    contenders = {name: lambda name=name: calls.append(name) or 2 for name in "ab"}
    timings = side_by_side(contenders, 3, "trial")
    assert "".join(calls) == "ab" + "ab" + "ba" + "ab"  # the first two before the clock starts
    assert all(len(timing.rounds) == 3 for timing in timings.values())


def test_the_theory_of_peers_is_ours_and_is_drawn(tmp_path):
    """`theory` stops where SciPy's or NumPy's prediction differs from ours by 1e-6."""
    rows = list(theory._commuting(np.arange(1.0, 9.0) / 4, 4, 4, 1))
    assert [row.contender for row in rows] == ["ours", "SciPy"]
    draw(rows, tmp_path / "peers.png")
    assert (tmp_path / "peers.png").read_bytes().startswith(b"\x89PNG")


def test_peers_that_predict_something_else_stop_the_benchmark(monkeypatch):
    monkeypatch.setattr(theory, "scipy_theory", lambda spectrum, at: 1.0)
    with pytest.raises(AssertionError, match="Not equal"):
        list(theory._commuting(np.arange(1.0, 9.0) / 4, 4, 4, 1))


def test_facts_read_back(tmp_path):
    fact = Fact("rate", str(SMALL), 1 / 3, "Gflop/s")
    write_facts(tmp_path, "device", [fact], device="1 x cpu")
    assert read_csv(tmp_path / "device.csv") == [{"device": "1 x cpu"} | fact._asdict()]


def test_the_first_contender_is_ours():
    timings = {"ours": summary(np.array([1.0])), "NumPy": summary(np.array([2.0]))}
    assert [row.ratio for row in compare("theory", "d = 8", timings)] == [1.0, 2.0]


def test_a_kill_that_loses_a_row_is_noticed(tmp_path, monkeypatch):
    """A store that forgets: `survive` must not call it survival."""
    stores = iter([{"a": "1"}, {"a": "1"}, {}])
    monkeypatch.setattr(kills, "rows", lambda out: next(stores))
    monkeypatch.setattr(kills, "killed", lambda *arguments: True)

    def finish(sweep, out, compiled):
        out.mkdir()
        (out / "sweep.csv").write_text("x\n")

    monkeypatch.setattr(kills, "finish", finish)
    with pytest.raises(AssertionError, match=re.escape("rows were lost")):
        kills.survive(tmp_path, 1, 0)
