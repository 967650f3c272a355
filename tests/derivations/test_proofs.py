"""The committed pages of the proofs: written from what ran, and compared with it by --check."""

import pytest

from derivations.__main__ import main
from derivations.report import proofs
from derivations.theorems import DERIVATIONS
from tests.derivations.fakes import BROKEN, ROOT_2, SOUND, THIRD, WRONG, check, derivation, house

__all__ = ["house"]


def page(name):
    return (proofs.FOLDER / f"{name}.md").read_text()


def test_every_derivation_has_a_page():
    assert proofs.unlisted(DERIVATIONS) == []


def test_a_page_is_for_github_and_the_site(house):
    assert main(["--proofs"]) == 0
    assert page("sound").startswith("# The title of sound\n\nThe *statement* of sound.\n")
    assert "What sound says of $`x < 1`$." in page("sound")
    # GitHub refuses \\operatorname.
    assert "```math\n\\left(\\sqrt{2}\\right)^{2} = \\mathrm{tr}\\left[" in page("sound")
    assert "```python\nassert 1 < 2 & 3\n```" in page("sound")
    assert r"- one is $`1`$, not 2\*a\*b &lt; \[c\_1\] — exact algebra" in page("sound")
    assert "![Step 1](sound-1.svg)" in page("sound")
    assert (proofs.FOLDER / "sound-1.svg").exists()
    assert "- [The title of third](third.md)" in page("README")


def test_displayed_mathematics_in_prose_is_a_block(house):
    house(derivation("plain", check(), code=""), values={})
    text = proofs._text("Then $a$ and\n\n$$b = \\operatorname{tr}[c]$$\n\nhold.")
    assert text == "Then $`a`$ and\n\n```math\nb = \\mathrm{tr}[c]\n```\n\nhold."


@pytest.mark.parametrize("change", ["missing", "other words", "other digits"])
def test_an_old_page_fails_the_check(house, capsys, change):
    values = {"sound: the root of 2": [ROOT_2]}
    house(SOUND, derivation("gap", check("the gap is 1.25e-03")), values=values)
    path = proofs.FOLDER / "gap.md"
    if change == "missing":
        path.unlink()
    else:
        old = ("the gap", "a gap") if change == "other words" else ("1.25e-03", "1.31e-03")
        path.write_text(path.read_text().replace(*old))
    # Digits are those of golden.json.
    assert main(["--check"]) == (0 if change == "other digits" else 1)
    hint = "write it by `python -m derivations gap --proofs`"
    assert (hint in capsys.readouterr().out) == (change != "other digits")


def test_failures_are_not_written(house):
    house(WRONG, BROKEN, THIRD, values={})
    assert main(["--proofs"]) == 1
    names = {path.name for path in proofs.FOLDER.iterdir()}
    assert names == {"third.md", "README.md"}


def test_it_writes_into_no_other_folder(house):
    with pytest.raises(SystemExit):
        main(["--proofs", "--out", "mine"])
