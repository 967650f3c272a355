"""The equation ledger names only what exists, and LEDGER.md is made from it."""

import importlib
import re
from pathlib import Path

import pytest

from derivations import ledger
from derivations.__main__ import main
from derivations.ledger import Row
from derivations.theorems import DERIVATIONS
from tests.named import is_test

ROOT = Path(__file__).parent.parent.parent


def dangling(row):
    """The names in a row that stand for nothing."""
    existence = {
        row.function: _is_function(row.function),
        row.derivation: row.derivation in DERIVATIONS,
        row.test: is_test(row.test),
        row.figure: (ROOT / row.figure).is_file(),
    }
    return [name for name, exists in existence.items() if name and not exists]


def _is_function(name):
    module, _, function = name.rpartition(".")
    try:
        return callable(getattr(importlib.import_module(module), function))
    except (ImportError, AttributeError, ValueError):
        return False


@pytest.mark.parametrize("row", ledger.rows(), ids=lambda row: row.equation)
def test_every_name_resolves(row):
    assert dangling(row) == []


@pytest.mark.parametrize(
    "names",
    [
        {"function": "collapse_theory.theorem_9"},
        {"function": "collapse_theories.theorem_1"},
        {"function": "theorem_1"},
        {"derivation": "theorem-9"},
        {"test": "tests/collapse_theory/test_paper.py::test_theorem"},
        {"test": "tests/collapse_theory/test_papers.py::test_theorem_1"},
        {"test": "tests/collapse_theory/test_paper.py"},
        {"figure": "figures/nothing.png"},
        {"figure": "figures"},
    ],
)
def test_a_dangling_name_is_caught(names):
    assert dangling(Row("Theorem 9", "nothing", **names)) == list(names.values())


def test_every_derivation_is_in_the_ledger():
    assert set(DERIVATIONS) <= {row.derivation for row in ledger.rows()}


def test_what_is_missing_is_said():
    for table in (ledger.markdown(), ledger.linked()):
        last = table.splitlines()[-1]
        assert last.count("not yet") == 1  # language models have no derivation
        assert {line.count("|") for line in table.splitlines()} == {7}


def test_every_link_leads_to_what_it_names():
    links = re.findall(r"\[`?([\w -]+)`?\]\(\.\./([^)#]+)#?([^)]*)\)", ledger.linked())
    assert len(links) == ledger.linked().count("](")
    for text, path, anchor in links:
        assert (ROOT / path).is_file(), path
        if path.endswith(".py"):
            definition = rf"^(?:def|class) {anchor}\b"
            assert text.replace(" ", "_") == anchor.removeprefix("test_")
            assert re.search(definition, (ROOT / path).read_text(), re.MULTILINE), (path, anchor)
        elif anchor:
            assert f"\n## {anchor}\n" in (ROOT / path).read_text()


def test_the_committed_table_is_up_to_date(tmp_path, monkeypatch):
    assert ledger.TABLE.read_text(encoding="utf-8") == ledger.page()
    monkeypatch.setattr(ledger, "TABLE", tmp_path / "LEDGER.md")
    assert main(["--ledger"]) == 0
    assert ledger.TABLE.read_text(encoding="utf-8") == ledger.page()
