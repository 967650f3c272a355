"""The README's code runs, and its commands parse."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from figures.__main__ import _parser as _figures_parser
from simulations.language import options as language_options
from simulations.mnist import options
from simulations.sweep.__main__ import HELP, _changed, _named, _parser
from tests.simulations.language.tiny import CORPUS

README = (Path(__file__).parent.parent / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
COMMANDS = re.findall(r"^python -m simulations\.sweep(.*?)(?:#.*)?$", README, flags=re.MULTILINE)
MNIST = re.findall(r"^python -m simulations\.mnist(.*?)(?:#.*)?$", README, flags=re.MULTILINE)
LANGUAGE = re.findall(r"^python -m simulations\.language(.*?)(?:#.*)?$", README, flags=re.MULTILINE)
FIGURES = re.findall(r"^python -m figures(.*?)(?:#.*)?$", README, flags=re.MULTILINE)


def test_python_blocks_run_in_order(capsys):
    names = {}
    for block in BLOCKS:
        exec(block, names)
    assert len(BLOCKS) >= 3
    assert "Risk(bias=" in capsys.readouterr().out
    assert np.isfinite(names["curve"]).all()


@pytest.mark.parametrize("command", COMMANDS)
def test_sweep_commands_parse(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text("[grid]\nn = 10\n")
    Path("my_model.py").write_text("def problem(n, quality_b=0.5): pass\n")
    words = [word for word in shlex.split(command) if word not in HELP]
    study = _named(_parser().parse_known_args(words)[0])
    options = _parser(study.model).parse_args(words)
    assert options.list or _changed(study, options).grid


@pytest.mark.parametrize("command", MNIST)
def test_mnist_commands_parse(command):
    assert options.blocks(options.parser("").parse_args(shlex.split(command)))


@pytest.mark.parametrize("command", LANGUAGE)
def test_language_commands_parse(command):
    assert language_options.plan(
        language_options.parser("").parse_args(shlex.split(command)), CORPUS
    ).jobs


@pytest.mark.parametrize("command", FIGURES)
def test_figure_commands_parse(command):
    assert _figures_parser().parse_args(shlex.split(command))


def test_links_and_pictures_exist():
    root = Path(__file__).parent.parent
    for target in re.findall(r"\]\((?!https:)([^)]+)\)", README):
        assert (root / target).exists(), target
