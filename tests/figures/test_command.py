"""`python -m figures`: failures are named, the rest is drawn, reruns remember."""

import json
import types

import pytest

import collapse_theory as ct
from figures import __main__ as command
from figures.house import run as run_module
from simulations.picture import Picture


def problem(n):
    return ct.real_and_synthetic(
        n=n,
        synthetic_fraction=0.5,
        covariance=ct.spectra.isotropic(8),
        quality=0.5,
        noise=0.1,
        ridge=0.1,
    )


def small(run):
    theory, found = run.simulate(problem, [20, 40], seeds=8)
    picture = Picture(["panel"], x="n", y="error")
    picture.panels[0].line([20, 40], theory.total, "curve")
    picture.panels[0].points([20, 40], found.mean.total, found.stderr.total, theory.total, 8, "curve")
    picture.caption = "d = 8."
    return picture


def broken(run):
    raise ArithmeticError("no such luck")


@pytest.fixture
def scripts(monkeypatch):
    """Two figures in place of the real ones: `width` works and `pareto` does not."""
    draws = {"pareto": broken, "width": small}

    def load(name):
        script = types.ModuleType(name, f"What {name} shows.\n\nDetails.")
        script.draw = draws[name]
        return script

    monkeypatch.setattr(command, "NAMES", ("pareto", "width"))
    monkeypatch.setattr(command, "script", load)


@pytest.fixture
def call(tmp_path):
    def run(*arguments):
        folders = ["--out", str(tmp_path / "out"), "--cache", str(tmp_path / "cache")]
        return command.main([*arguments, *folders])

    return run


def test_a_figure_that_fails_is_named_and_the_others_finish(scripts, call, tmp_path, capsys):
    assert call() == 1
    shown = capsys.readouterr()
    assert "FAILED pareto: ArithmeticError: no such luck" in shown.out
    assert "broken" in shown.err  # the traceback, for whoever mends it
    made = {path.name for path in (tmp_path / "out").iterdir()}
    assert made == {"width.csv", "width.png", "width.pdf", "README.md", "manifest.json"}
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["failed"] == ["pareto"]
    page = (tmp_path / "out" / "README.md").read_text()
    assert "What width shows." in page
    assert "pareto" not in page
    assert "| width | 2 |" in page


def test_a_rerun_simulates_nothing_unless_asked(scripts, call, monkeypatch, tmp_path):
    assert call("width") == 0
    before = (tmp_path / "out" / "width.csv").read_bytes()
    calls = []
    simulate = run_module.simulate

    def counted(*arguments, **options):
        calls.append(1)
        return simulate(*arguments, **options)

    counted.__name__ = "simulate"
    monkeypatch.setattr(run_module, "simulate", counted)
    assert call("width", "--format", "svg") == 0
    assert not calls
    assert call("width", "--refresh") == 0
    assert len(calls) == 2
    assert (tmp_path / "out" / "width.csv").read_bytes() == before


def test_report(scripts, call, capsys):
    assert call("--report", "width") == 1
    assert "width is not in" in capsys.readouterr().out
    call("width")
    capsys.readouterr()
    assert call("--report", "width") == 0
    assert "worst |z|" in capsys.readouterr().out


def test_list(call, capsys):
    assert call("--list") == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in command.NAMES)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["nonsense"], "'nonsense': expected one of pareto"),
        (["--format", "gif"], "format = gif: expected a list among png, pdf, svg"),
        (["--out", "/proc/figures"], "out = /proc/figures"),
    ],
)
def test_bad_input_is_one_line(arguments, expected, capsys, tmp_path):
    with pytest.raises(SystemExit) as stopped:
        command.main([*arguments, "--cache", str(tmp_path)])
    assert stopped.value.code == 2
    shown = capsys.readouterr().err
    assert expected in shown
    assert shown.count("\n") == 1
