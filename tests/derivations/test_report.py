"""The report: whole, self-contained, and honest about failures."""

import base64
import html
import re
from pathlib import Path

from derivations.__main__ import main
from tests.derivations.fakes import BROKEN, SOUND, THIRD, WRONG, check, derivation, draw, house

__all__ = ["house"]


def report(folder="results/derivations"):
    return [(Path(folder) / f"report.{suffix}").read_text() for suffix in ("md", "html")]


def text_of(page):
    """What a browser would show, without markup."""
    return html.unescape(re.sub(r"<[^>]*>", "", page))


def test_files_of_a_report(house):
    assert main([]) == 0
    folder = Path("results/derivations")
    names = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    files = {"report.md", "report.html", "manifest.json", "pictures", "pictures/sound-1.svg"}
    assert names == files
    markdown, page = report()
    assert "**✓ 3 derivations, 4 checks, all passed.**" in markdown
    assert "`python -m derivations`" in markdown
    for name in ("sound", "second", "third"):
        assert f"- [The title of {name}](#the-title-of-{name})" in markdown
        assert f'<h2 id="the-title-of-{name}">' in page
    assert "![Step 1](pictures/sound-1.svg)" in markdown
    assert "```python\nassert 1 < 2 & 3\n```" in markdown
    assert "✓ one is $1$, not 2" in markdown
    assert "| Corollary 1 |" in markdown


def test_the_page_needs_nothing_else(house):
    main([])
    _, page = report()
    draw(Path("drawn.svg"))
    assert base64.b64encode(Path("drawn.svg").read_bytes()).decode() in page
    for source in re.findall(r'(?:src|href)="([^"]*)"', page):
        assert source.startswith(("data:image/svg+xml;base64,", "#"))
    assert "<script" not in page
    assert "@import" not in page
    assert "url(" not in page
    assert "<math" in page
    assert "$$" not in page
    # Claims are shown as they are written, mathematics in them as mathematics.
    assert "✓ one is 1, not 2*a*b < [c_1] — exact algebra" in text_of(page)
    assert "assert 1 < 2 & 3" in text_of(page)


def test_failures_are_unmistakable(house):
    house(WRONG, BROKEN, THIRD, values={})
    assert main(["--out", "mine"]) == 1
    markdown, page = report("mine")
    assert "**✗ FAILED: 3 derivations, 4 checks, 2 failures.**" in markdown
    assert (
        markdown.count("- ✗ **FAILED** two is three — exact algebra") == 2
    )  # at the start, at its step
    assert markdown.count("✗ **FAILED** the derivation runs to its end — ZeroDivisionError") == 2
    assert page.count('<li class="failed">') == 4
    assert page.count('<li class="passed">') == 3
    assert "all passed" not in markdown


def test_quick_is_two_derivations_without_pictures(house):
    assert main(["--quick"]) == 0
    markdown, page = report("results/derivations-quick")
    assert "2 derivations, 3 checks" in markdown
    assert "The title of third" not in markdown
    assert "![" not in markdown
    assert "<img" not in page
    names = {path.name for path in Path("results/derivations-quick").iterdir()}
    assert names == {"report.md", "report.html", "manifest.json"}


def test_a_picture_that_cannot_be_drawn_is_a_failure_of_its_derivation(house, capsys):
    def fail(path):
        raise OSError("no ink")

    house(derivation("pale", check(), picture=fail), THIRD, values={})
    assert main([]) == 1
    out = capsys.readouterr().out
    assert "FAILED pale: the derivation runs to its end (OSError: " in out
    assert "no ink: 'results/derivations/pictures/pale-1.svg'" in out
    assert main(["--check"]) == 0


def test_a_formula_that_cannot_be_shown_is_a_failure(house, capsys):
    house(derivation("odd", check(), equations=(r"\nonsense{x} < 1",)), values={})
    assert main([]) == 1
    assert r"FAILED formula = \nonsense{x} < 1: \nonsense is not known" in capsys.readouterr().out
    assert r'<code class="failed">\nonsense{x} &lt; 1</code>' in report()[1]


def test_the_same_report_twice(house):
    house(SOUND)
    assert main([]) == main([])
    first = report()
    main([])
    assert report() == first
