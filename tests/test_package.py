"""What pyproject.toml asks for is what the code imports, and the version is said in one place."""

import re
import tomllib

import pytest

import collapse_theory as ct
from collapse_command.__main__ import PROGRAMS
from tests.imports import ROOT, libraries, modules
from workbench.parsing import FOLDERS, PROJECT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = PYPROJECT["project"]["optional-dependencies"]
WHEEL = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
# The names under which packages are imported, where these are not their own.
IMPORTED = {
    "markdown-it-py": "markdown_it",
    "mdit-py-plugins": "mdit_py_plugins",
    "scikit-learn": "sklearn",
}
PARTS = ("mnist", "language", "forecast")  # of simulations, with extras of their own
ROOMS = {
    "simulate": modules("simulations", *(f"simulations.{part}" for part in PARTS)),
    **{part: modules(f"simulations/{part}") for part in PARTS},
    "derivations": modules("derivations"),
    "figures": modules("figures"),
    "notebooks": modules("notebooks"),
    "bench": modules("benchmarks"),
}
# What is imported only when it is needed: the libraries, and what needs them.
LATER = {
    "mnist": {"sklearn"},  # the quick version without MNIST
    "forecast": {"pyarrow"},  # Parquet
}


def asked(requirements):
    """The libraries that requirements name, by the names under which they are imported."""
    names = set()
    for requirement in requirements:
        name, extras = re.match(r"([\w-]+)(?:\[([\w,]+)\])?", requirement).groups()
        if name == PROJECT:
            names |= set().union(*(asked(EXTRAS[extra]) for extra in extras.split(",")))
        else:
            names.add(IMPORTED.get(name, name))
    return names


BASE = asked(PYPROJECT["project"]["dependencies"])


def test_the_theory_alone_needs_what_it_imports():
    assert set(libraries(modules("collapse_theory"))) == BASE


@pytest.mark.parametrize("extra", ROOMS)
def test_an_extra_is_what_its_code_imports(extra):
    imported = libraries(ROOMS[extra])
    granted = BASE | asked(EXTRAS[extra])
    assert set(imported) <= granted, imported
    if extra not in ("notebooks", "bench"):  # these ask for whole extras of others
        assert granted <= BASE | set(imported) | LATER.get(extra, set())


def test_the_command_needs_no_library():
    assert not libraries(["collapse_command.__main__"])


def test_programs_have_extras_and_all_has_them():
    named = {program.extra for program in PROGRAMS.values()}
    assert named - {"simulate"} <= set(re.findall(r"[\w]+", EXTRAS["all"][0]))
    assert named <= set(EXTRAS)


def test_packages_are_typed_and_known():
    assert WHEEL["packages"] == list(FOLDERS)
    for folder in FOLDERS:
        assert (ROOT / folder / "py.typed").exists()


def test_one_version():
    changes = (ROOT / "CHANGELOG.md").read_text()
    citation = (ROOT / "CITATION.cff").read_text()
    assert re.search(r"^## ([\d.]+)", changes, re.MULTILINE)[1] == ct.__version__
    assert re.search(r"^version: (\S+)", citation, re.MULTILINE)[1] == ct.__version__
