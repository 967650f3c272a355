"""docs/STATEMENTS.md is what the code makes, to the digits it prints, and names tests that exist."""

import pytest

from docs.statements import page
from docs.statements.__main__ import main
from docs.statements.statement import Statement, Verdict, arxiv
from tests.alike import alike
from tests.named import is_test


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("floors 1.0000e-04, 0.31", True),
        ("floors 1.0001e-04, 0.30", True),
        ("floors 1.0000e-04, 0.33", False),
        ("floors 1.0000e-05, 0.31", False),
        ("floor 1.0000e-04, 0.31", False),
        ("floors 1.0000e-04", False),
    ],
)
def test_numbers_are_compared_to_their_last_digit(text, same):
    assert alike(text, "floors 1.0000e-04, 0.31") == same


def test_samples_are_exact():
    assert not alike("n = 101", "n = 100")


def test_the_committed_page_is_what_the_code_makes():
    committed = page.PAGE.read_text(encoding="utf-8").splitlines()
    made = page.page().splitlines()
    assert len(committed) == len(made)
    for line, expected in zip(committed, made, strict=True):
        assert alike(line, expected), f"{line}\n{expected}"


@pytest.mark.parametrize("row", page.statements(), ids=lambda row: row.numbers.__name__)
def test_every_row_names_a_test_and_a_source(row):
    assert is_test(row.test)
    assert "https://" in row.source or row.source == "this project"
    assert not set("|\n") & set(row.source + row.claim + row.ours)


@pytest.mark.parametrize(
    "name",
    [
        "tests/docs/test_page.py::test_nothing",
        "tests/docs/test_pages.py::test_samples_are_exact",
        "tests/docs/test_page.py",
        "docs/statements/page.py::page",
    ],
)
def test_a_dangling_name_is_caught(name):
    assert not is_test(name)


def test_the_command_writes_the_page(tmp_path, monkeypatch, capsys):
    row = Statement(
        arxiv("Somebody", "2401.00001"),
        "something",
        Verdict.CORRECTED,
        lambda: {"half": 0.5},
        "it is {half:.2f}",
        "tests/docs/test_page.py::test_samples_are_exact",
    )
    monkeypatch.setattr(page, "statements", lambda: [row])
    monkeypatch.setattr(page, "PAGE", tmp_path / "STATEMENTS.md")
    assert main([]) == 0
    assert capsys.readouterr().out.strip() == str(page.PAGE)
    cells = page.PAGE.read_text(encoding="utf-8").splitlines()[-1].split(" | ")
    assert cells[1:4] == ["something", "**corrected**", "it is 0.50"]
    assert "arxiv.org/abs/2401.00001" in cells[0]
