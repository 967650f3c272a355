"""`python -m figures`: failures are named, the rest is drawn, reruns remember, entries are merged."""

import json
import sys
import types

import pytest

import collapse_theory as ct
from figures import __main__ as command
from figures.house import run as run_module
from figures.house.scripts import NAMES
from workbench.picture import Picture


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
    picture = Picture(["panel"], x="n", y="error")
    run.curve(picture.panels[0], problem, [20, 40], [20, 40], 8, "curve", 0)
    picture.caption = "d = 8."
    return picture


def broken(run):
    raise TypeError("no such luck")


@pytest.fixture(autouse=True)
def scripts(monkeypatch):
    """Small figures in place of three real ones: `width` and `design` work, `pareto` does not."""
    for name, draw in {"pareto": broken, "width": small, "design": small}.items():
        script = types.ModuleType(name)
        script.draw = draw
        monkeypatch.setitem(sys.modules, f"figures.{name}", script)


@pytest.fixture
def call(tmp_path):
    def run(*arguments):
        folders = ["--out", str(tmp_path / "out"), "--cache", str(tmp_path / "cache")]
        return command.main([*arguments, *folders])

    return run


@pytest.fixture
def manifest(tmp_path):
    """The manifest in the output folder: its file, and a function that reads it."""
    path = tmp_path / "out" / "manifest.json"
    return path, lambda: json.loads(path.read_text())


def test_a_figure_that_fails_is_named_and_the_others_finish(call, manifest, tmp_path, capsys):
    assert call("pareto", "width") == 1
    shown = capsys.readouterr()
    assert "FAILED pareto: TypeError: no such luck" in shown.out
    assert "broken" in shown.err  # the traceback, for whoever mends it
    made = {path.name for path in (tmp_path / "out").iterdir()}
    assert made == {"width.csv", "width.png", "width.pdf", "README.md", "manifest.json"}
    assert list(manifest[1]()) == ["width"]
    page = (tmp_path / "out" / "README.md").read_text()
    assert "Larger models amplify the collapse" in page
    assert "## pareto" not in page
    assert "| width | 2 |" in page
    assert "Drawn by older code" not in page


def test_a_part_of_the_figures_replaces_its_own_entries_only(call, manifest):
    assert call("width", "design") == 0
    before = manifest[1]()
    assert set(before) == {"width", "design"}
    expected = {
        "command",
        "started",
        "wall_seconds",
        "compile_seconds",
        "git_commit",
        "versions",
        "device",
    }
    assert set(before["width"]) == expected | {"code", "quick", "tables"}
    assert call("design", "--format", "svg", "--quick") == 0
    after = manifest[1]()
    assert after["width"] == before["width"]
    assert "--format svg" in after["design"]["command"]
    assert after["design"]["quick"] is True


def test_an_older_manifest_makes_room(call, manifest, tmp_path):
    assert call("width", "design") == 0
    path, read = manifest
    path.write_text(json.dumps({"command": "python -m figures", "versions": {}, "failed": []}))
    assert call("width") == 0
    assert list(read()) == ["width"]
    assert "- design: drawn by unknown code\n" in (tmp_path / "out" / "README.md").read_text()


def test_the_page_says_which_figures_other_code_has_drawn(call, manifest, tmp_path):
    assert call("width", "design") == 0
    path, read = manifest
    entries = read()
    entries["width"]["code"] = "0123456789ab"
    path.write_text(json.dumps(entries))
    assert call("--page") == 0
    page = (tmp_path / "out" / "README.md").read_text()
    listed = page.split("## Drawn by older code")[1].split("##")[0]
    assert "- width: drawn by code 0123456789ab\n" in listed
    assert "design" not in listed
    assert call("width") == 0
    assert "Drawn by older code" not in (tmp_path / "out" / "README.md").read_text()


def test_a_rerun_simulates_nothing_unless_asked(call, monkeypatch, tmp_path):
    assert call("width") == 0
    before = (tmp_path / "out" / "width.csv").read_bytes()
    keys = []
    simulate = run_module.simulate

    def counted(*arguments, **options):
        keys.append(options["key"])
        return simulate(*arguments, **options)

    counted.__name__, counted.__module__ = simulate.__name__, simulate.__module__
    monkeypatch.setattr(run_module, "simulate", counted)
    assert call("width", "--format", "svg") == 0
    assert not keys
    assert call("width", "--refresh") == 0
    assert len(set(keys)) == 2
    assert (tmp_path / "out" / "width.csv").read_bytes() == before


def test_report(call, capsys):
    assert call("--report", "width") == 1
    assert "width is not in" in capsys.readouterr().out
    call("width")
    capsys.readouterr()
    assert call("--report", "width") == 0
    assert "worst |z|" in capsys.readouterr().out


def test_list(call, capsys):
    assert call("--list") == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in NAMES)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["nonsense"], "'nonsense': expected one of pareto"),
        (["--format", "gif"], "format = gif: expected a list among png, pdf, svg"),
        (["--out", "/proc/figures"], "out = /proc/figures"),
        (["--cache", "/proc/cache"], "cache = /proc/cache"),
        (["--page", "--out", "no-such-folder"], "out = no-such-folder: expected a folder with figures"),
        (["width", "--quik"], "unrecognized arguments: --quik"),
    ],
)
def test_bad_input_is_one_line(arguments, expected, capsys, tmp_path):
    folders = ["--out", str(tmp_path / "out"), "--cache", str(tmp_path / "cache")]
    with pytest.raises(SystemExit) as stopped:
        command.main([*folders, *arguments])
    assert stopped.value.code == 2
    shown = capsys.readouterr().err
    assert expected in shown
    assert shown.count("\n") == 1


@pytest.mark.parametrize("content", ["no JSON", "[1, 2]"])
def test_another_manifest_is_one_line_before_anything_is_drawn(content, call, manifest, capsys):
    path, _ = manifest
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(SystemExit) as stopped:
        call("width")
    assert stopped.value.code == 2
    assert "manifest.json is not the manifest of figures" in capsys.readouterr().err
    assert path.read_text() == content
    assert list(path.parent.iterdir()) == [path]
