"""The pages' code runs and prints what they say, their commands parse, their links lead somewhere."""

import re
import shlex
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from docs.site.tree import ROOT
from figures.__main__ import _parser as _figures_parser
from simulations.language import options as language_options
from simulations.mnist import options
from simulations.sweep.__main__ import HELP, _changed, _named, _parser
from tests.alike import alike
from tests.simulations.language.tiny import CORPUS

PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    *(path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").glob("*.md"))),
    "derivations/LEDGER.md",
    "docs/proofs/README.md",
    "benchmarks/README.md",
]
# Their blocks run one after the other; those of the other pages need data or a cluster.
RUN = ["README.md", "docs/start.md", "docs/sweeps.md", "docs/derivations.md", "docs/speed.md"]
BLOCK = re.compile(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", re.DOTALL)
LINES = 120  # of the README: it is read in one go


@cache
def text(page):
    """What a page says."""
    return (ROOT / page).read_text(encoding="utf-8")


def commands(program):
    """The arguments of every command line of a program on any page."""
    pattern = rf"^python -m {re.escape(program)}( .*?)?(?:#.*)?$"
    return sorted({match for page in PAGES for match in re.findall(pattern, text(page), re.MULTILINE)})


@pytest.mark.parametrize("page", RUN)
def test_python_runs_and_prints_what_is_shown(page, capsys):
    names = {}
    blocks = BLOCK.findall(text(page))
    assert blocks
    for block, shown in blocks:
        exec(block, names)
        printed = capsys.readouterr().out
        if shown:
            assert len(printed.splitlines()) == len(shown.splitlines())
            for line, expected in zip(printed.splitlines(), shown.splitlines(), strict=True):
                assert alike(line, expected), f"{line}\n{expected}"
    if "curve" in names:
        assert np.isfinite(names["curve"]).all()


def test_the_readme_shows_an_output_and_is_short():
    assert any(shown for _, shown in BLOCK.findall(text("README.md")))
    assert len(text("README.md").splitlines()) <= LINES


@pytest.mark.parametrize("command", commands("simulations.sweep"))
def test_sweep_commands_parse(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text("[grid]\nn = 10\n")
    Path("my_model.py").write_text("def problem(n, quality_b=0.5): pass\n")
    words = [word for word in shlex.split(command) if word not in HELP]
    study = _named(_parser().parse_known_args(words)[0])
    given = _parser(study.model).parse_args(words)
    assert given.list or _changed(study, given).grid


@pytest.mark.parametrize("command", commands("simulations.mnist"))
def test_mnist_commands_parse(command):
    assert options.blocks(options.parser("").parse_args(shlex.split(command)))


@pytest.mark.parametrize("command", commands("simulations.language"))
def test_language_commands_parse(command):
    assert language_options.plan(
        language_options.parser("").parse_args(shlex.split(command)), CORPUS
    ).jobs


@pytest.mark.parametrize("command", commands("figures"))
def test_figure_commands_parse(command):
    assert _figures_parser().parse_args(shlex.split(command))


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", text(page)):
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        assert file.exists(), target
        if anchor and file.suffix == ".py":
            definition = rf"^(?:def|class) {anchor}\b"
            assert re.search(definition, file.read_text(encoding="utf-8"), re.MULTILINE), target
        elif anchor:
            assert anchor in headings(file.resolve()), target


@cache
def headings(file):
    """Anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
