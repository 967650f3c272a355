"""Small derivations that pass, fail, break, or are caught by their golden values."""

import pytest

from derivations import __main__ as command
from derivations import golden
from derivations.outcome import run
from derivations.report import proofs
from derivations.steps import Check, Derivation, Step

ROOT_2 = "1.41421356237309504880168872421"
SQUARE = (
    r"\left(\sqrt{2}\right)^{2} = \operatorname{tr}\left[\Sigma \left(\Sigma + \kappa\right)^{-1}\right]"
)
ALIGNED = r"\begin{aligned} a &= b \\ &= \frac{c}{d} \end{aligned}"


def derivation(name, *checks, **content):
    """A derivation of one step."""

    def steps():
        yield Step(f"What {name} says of $x < 1$.", checks=checks, **content)

    return Derivation(name, f"The title of {name}", f"The *statement* of {name}.", steps)


def check(claim="one is one", *values, passed=True):
    """A check, exact without values."""
    return Check(claim, "30 digits at 2 points" if values else "exact algebra", passed, values)


def draw(path):
    path.write_text('<svg xmlns="http://www.w3.org/2000/svg"><circle r="3"/></svg>')


def breaking():
    yield Step("So far so good.", checks=(check(),))
    raise ZeroDivisionError("in the\nmiddle")


SOUND = derivation(
    "sound",
    check("one is $1$, not 2*a*b < [c_1]"),
    check("the root of 2", ROOT_2),
    equations=(SQUARE, ALIGNED),
    picture=draw,
    code="assert 1 < 2 & 3",
)
SECOND = derivation("second", check("three digits", "0.125", "2.0"))
THIRD = derivation("third", check())
WRONG = derivation("wrong", check("two is three", passed=False), check("four is four"))
BROKEN = Derivation("broken", "The title of broken", "Nothing.", breaking)
GOLDEN = {"second: three digits": ["0.125", "2.0"], "sound: the root of 2": [ROOT_2]}


@pytest.fixture
def house(monkeypatch, tmp_path, tmp_path_factory):
    """The command line over three sound derivations; call it with others to replace them."""

    def use(*derivations, values=GOLDEN):
        monkeypatch.setattr(command, "DERIVATIONS", {each.name: each for each in derivations})
        golden.write(values)
        for page in proofs.FOLDER.iterdir():
            page.unlink()
        proofs.write([run(each, None) for each in derivations], derivations)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(golden, "PATH", tmp_path / "golden.json")
    monkeypatch.setattr(proofs, "FOLDER", tmp_path_factory.mktemp("proofs"))
    use(SOUND, SECOND, THIRD)
    return use
