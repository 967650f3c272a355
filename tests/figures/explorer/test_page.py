"""The committed page is what its sources make, needs no network, and its points lie on its curves."""

import ast
import json
import re

import numpy as np
import pytest

from figures.explorer import __main__ as command
from figures.explorer.page import MODULES, POINTS, WEB, bundle, code, page, state_of
from figures.explorer.points import measured
from figures.explorer.presets import PRESETS
from figures.explorer.sentences import TEXTS
from figures.house.run import Run
from figures.house.scripts import NAMES
from tests.figures.explorer.browser import PAGE, chromium, content, evaluate
from workbench.cache import Cache

PARTS = ("bias", "variance", "zeta", "total")
CONTENT = json.loads(POINTS.read_text(encoding="utf-8"))


def test_the_committed_page_comes_from_the_sources():
    """When sources or code change, `python -m figures.explorer --out docs/explorer` makes it again."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_page_needs_nothing_else():
    text = PAGE.read_text(encoding="utf-8")
    assert "{{" not in re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert re.findall(r'\b(?:src|href)="([^"]*)"', text) == [
        "data:,",
        "https://arxiv.org/abs/2410.04840",
    ]
    for loading in ("@import", "url(", "fetch(", "XMLHttpRequest", "import(", " from "):
        assert loading not in re.sub(r'"[^"\n]*"|//.*|/\*.*?\*/', "", bundle(MODULES), flags=re.DOTALL)


def test_every_module_is_in_the_page():
    assert sorted(path.stem for path in WEB.glob("*.js")) == sorted(MODULES)
    with pytest.raises(ValueError, match="expected root before theory"):
        bundle(("spectrum", "theory", "root"))


def test_presets_are_figures():
    names = [preset.name for preset in PRESETS]
    assert set(names) <= set(NAMES)
    assert list(TEXTS) == names == list(CONTENT["points"])


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_points_lie_on_the_curves(preset):
    """Within 4 standard errors and 1% of the theory, which neglects 1/min(n, d)^2, where n >= 10."""
    points = CONTENT["points"][preset.name]
    assert points["x"] == list(preset.points)
    for part in PARTS:
        mean, bar, theory = (np.array(points[key][part]) for key in ("mean", "stderr", "theory"))
        assert (np.abs(mean - theory) <= 4 * bar + 0.01 * theory).all(), part


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """Of every preset: its program, its curve where that program has it, and its error at the points."""
    ask = """(explorer, presets) => presets.map(({ state, xs, points }) => ({
      python: explorer.python(state),
      curve: explorer.curves(state, xs).along,
      errors: points.map((x) => explorer.risk(explorer.problemAt(state, x)).total),
      again: explorer.fromHash(explorer.toHash({ ...state, parts: ["zeta"] })),
    }))"""
    asked = [
        {
            "state": state_of(preset),
            "xs": np.geomspace(*preset.ends, 121).tolist(),
            "points": preset.points,
        }
        for preset in PRESETS
    ]
    return dict(zip(TEXTS, evaluate(ask, asked, tmp_path_factory.mktemp("browser")), strict=True))


def test_curves_are_those_that_were_simulated(answers):
    """The limit of the theory at the points, as told with them in seven digits."""
    for name, answer in answers.items():
        np.testing.assert_allclose(
            answer["errors"], CONTENT["points"][name]["limit"]["total"], rtol=1e-6
        )


def test_the_address_says_the_state(answers):
    for preset in PRESETS:
        again = answers[preset.name]["again"]
        assert again["wrong"] == []
        assert again["state"] == state_of(preset) | {"parts": ["zeta"]}


def test_programs_are_python(answers):
    for answer in answers.values():
        assert "ct.real_and_synthetic(" in ast.unparse(ast.parse(answer["python"]))


def test_a_program_gives_the_curve_of_the_page(answers, capsys):
    answer = answers["decomposition"]
    names = {}
    exec(answer["python"], names)
    assert capsys.readouterr().out.startswith("[")
    for part in PARTS:
        shown = [risk[part] for risk in answer["curve"]]
        np.testing.assert_allclose(shown, getattr(names["risk"], part), rtol=1e-9)


def test_what_is_wrong_in_an_address_is_told(tmp_path):
    ask = """(explorer, hashes) => hashes.map((hash) => explorer.fromHash(hash))"""
    first, second, empty = evaluate(ask, ["#p=7&n=1e4&colour=red", "axis=m&low=5&high=2", "#"], tmp_path)
    assert first["wrong"] == [
        "p = 7 in the address: expected a number from 0.0001 to 1, or 0.",
        "colour in the address is not known.",
    ]
    assert (first["state"]["p"], first["state"]["n"]) == (0.01, 1e4)
    assert len(second["wrong"]) == 2
    assert empty["wrong"] == []


def test_an_unsolved_place_is_told_and_has_no_number(tmp_path):
    """A ridge that is no number has no solution: neither parts nor error, at any place."""
    ask = """(explorer, states) => states.map((state) => {
      const { along, left, failed } = explorer.curves(state, [10, 100, 1000]);
      const numbers = ({ bias, variance, zeta, total }) => [bias, variance, zeta, total];
      return { failed, numbers: [...along, ...left].flatMap(numbers) };
    })"""
    state = state_of(PRESETS[0])
    broken, whole = evaluate(ask, [state | {"ridge": "NaN"}, state], tmp_path)
    assert broken["failed"] == 3
    assert set(broken["numbers"]) == {"NaN"}
    assert whole["failed"] == 0


def test_the_page_shows_what_its_address_says(tmp_path):
    """At the threshold n = d without a ridge: a picture, numbers and sentences."""
    browser = chromium()
    if browser is None:
        pytest.skip("no Chromium is installed")
    address = f"{PAGE.as_uri()}#axis=n&n=100&d=100&ridge=0&quality=0.5&p=0.1&noise=x"
    text = content(browser, address, tmp_path)
    assert "<canvas" in text
    shown = dict(re.findall(r'<output id="(\w+)">([^<]*)<', text))
    assert shown == {
        "total": "infinite",
        "bias": "0",
        "variance": "infinite",
        "zeta": "infinite",
        "real": "infinite",
        "left": "0.005",
    }
    assert "At n = 100 the model can just fit all its samples" in text
    assert "noise = x in the address: expected a number from 0.001 to 10, or 0." in text
    assert text.count('aria-pressed="false"') == len(PRESETS)


def test_points_are_measured_by_the_committed_code(tmp_path):
    """The first point of a preset again: by the same code the same digits, else within error bars."""
    preset = next(preset for preset in PRESETS if preset.name == "ridgeless")
    first = preset._replace(points=preset.points[:1])
    now = measured(Run(Cache(tmp_path), False, lambda done, more: None), first)
    then = CONTENT["points"][preset.name]
    for part in PARTS:
        mean, before = now["mean"][part][0], then["mean"][part][0]
        bar = 5 * np.hypot(now["stderr"][part][0], then["stderr"][part][0])
        assert mean == pytest.approx(before, rel=2e-6, abs=0 if CONTENT["code"] == code() else bar)


def test_command(tmp_path, capsys):
    assert command.main(["--out", str(tmp_path / "made")]) == 0
    assert (tmp_path / "made" / "index.html").read_bytes() == PAGE.read_bytes()
    assert "made/index.html" in capsys.readouterr().out.replace("\n", "")
    with pytest.raises(SystemExit) as stopped:
        command.main(["--out", "/proc/explorer"])
    assert stopped.value.code == 2
    assert "out = /proc/explorer" in capsys.readouterr().err
