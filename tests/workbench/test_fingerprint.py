"""A fingerprint changes with the code that numbers can depend on, and no other."""

import pytest

from workbench import fingerprint as fingerprints
from workbench.fingerprint import closure, fingerprint, of_text

HOUSE = {
    "collapse_theory/__init__.py": '''
        """The theory."""
        import switches
        switches.update("x64", True)
        from collapse_theory import shapes
        from collapse_theory.form import predict, size as extent
        from .other import unused
        __version__ = "1"
        __all__ = ["predict"]''',
    "collapse_theory/form.py": "from .root import solve\ndef predict(): return solve()",
    "collapse_theory/root.py": "def solve(): return 1",
    "collapse_theory/other.py": "unused = 2",
    "collapse_theory/shapes.py": "flat = 3",
    "simulations/__init__.py": "import collapse_theory\nfrom simulations.draw import draw",
    "simulations/draw.py": "from collapse_theory import predict",
    "simulations/mix.py": "import math",
    "simulations/table.py": "import workbench.run\ntext = 4",
    "workbench/__init__.py": "",
    "workbench/run.py": "from simulations.draw import draw",
    "simulations/tales/__init__.py": '"""Tales."""',
    "simulations/tales/__main__.py": "from simulations.tales import loop",
    "simulations/tales/loop.py": "from simulations.tales import words\nfrom ..mix import count",
    "simulations/tales/study.py": "from simulations.draw import draw",
    "simulations/tales/words.py": '"""Not `draft.txt`."""\nWORDS = open("words.txt")',
    "simulations/tales/words.txt": "once upon a time",
    "simulations/tales/draft.txt": "once",
}


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A function that writes the house with some files changed, and says what `tales` depends on."""
    monkeypatch.setattr(fingerprints, "ROOT", tmp_path)

    def write(changes=(), *modules):
        for name, text in (HOUSE | dict(changes)).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(line.removeprefix(8 * " ") for line in text.splitlines()))
        return closure(*modules or ["simulations.tales.loop"])

    return write


TALES = {"collapse_theory", "simulations.mix", "simulations.tales.loop", "simulations.tales.words"}
FORM = {"collapse_theory", "collapse_theory.form", "collapse_theory.root"}
THE_STUDY = FORM | {"simulations.draw", "simulations.tales.study"}
THEORY = FORM | {"collapse_theory.other", "collapse_theory.shapes"}


def test_what_is_imported_and_no_more(house):
    assert {name for name in house() if name != "simulations.tales"} == TALES


@pytest.mark.parametrize(
    ("line", "more"),
    [
        ("import math", set()),
        ("from collapse_theory import predict", FORM),
        ("from collapse_theory import extent", FORM),
        ("from collapse_theory import shapes", {"collapse_theory.shapes"}),
        ("from collapse_theory.root import solve", {"collapse_theory.root"}),
        ("import collapse_theory as ct", THEORY),
        ("import collapse_theory as ct\nct.predict()", FORM),
        ("import collapse_theory as ct\nct.shapes.flat", {"collapse_theory.shapes"}),
        ("import collapse_theory as ct\nct.predict(ct)", THEORY),
        ("import collapse_theory.root", THEORY),
        ("import collapse_theory.root as root", {"collapse_theory.root"}),
        ("from collapse_theory import *", THEORY),
        ("def late():\n    from collapse_theory import predict", FORM),
        ("if True:\n    from .. import table", {"simulations.table"}),
        ("from ..draw import draw", FORM | {"simulations.draw"}),
        ("from simulations import draw", FORM | {"simulations", "simulations.draw"}),
        ("from workbench.run import run", set()),
        ("from simulations.tales.study import STUDIES", THE_STUDY),
    ],
)
def test_imports_of_every_kind(house, line, more):
    found = house({"simulations/tales/words.py": line})
    assert {name for name in found if name != "simulations.tales"} == TALES | more


def test_a_package_asked_for_is_all_that_its_first_module_imports(house):
    assert set(house({}, "collapse_theory")) == THEORY


BEGIN = HOUSE["collapse_theory/__init__.py"]


@pytest.mark.parametrize(
    ("name", "text", "counts"),
    [
        ("simulations/tales/loop.py", HOUSE["simulations/tales/loop.py"] + "\nx = 1", True),
        ("simulations/tales/loop.py", "# A comment.\n" + HOUSE["simulations/tales/loop.py"], False),
        ("simulations/mix.py", '"""The mix."""\nimport math', False),
        ("simulations/mix.py", "import maths", True),
        ("simulations/tales/words.txt", "once upon another time", True),
        ("simulations/tales/draft.txt", "twice", False),
        ("simulations/tales/study.py", "x = 1", False),
        ("simulations/tales/__main__.py", "x = 1", False),
        ("simulations/draw.py", "x = 1", False),
        ("collapse_theory/form.py", "x = 1", False),
        ("collapse_theory/__init__.py", BEGIN.replace("True", "False"), True),
        ("collapse_theory/__init__.py", BEGIN.replace('"1"', '"2"'), False),
        ("collapse_theory/__init__.py", BEGIN.replace("The theory", "All of it"), False),
        ("collapse_theory/__init__.py", BEGIN.replace("size as extent", "size"), False),
    ],
)
def test_changes_that_count(house, name, text, counts):
    before = house()
    assert (house({name: text}) != before) == counts


def test_another_function_under_the_same_name(house):
    use = {"simulations/tales/words.py": "from collapse_theory import predict"}
    before = house(use)
    after = house(
        use | {"collapse_theory/__init__.py": BEGIN.replace("predict, size", "p as predict, s")}
    )
    assert set(after) == set(before)
    assert after != before


def test_this_house():
    sweep = closure("simulations.sweep.rows")
    assert "enable_x64" in "".join(sweep["collapse_theory"])
    assert {"collapse_theory.predict", "simulations.simulate"} < set(sweep)
    assert not any("mixture" in name or name.startswith("workbench") for name in sweep)
    assert len(fingerprint("simulations.sweep.rows")) == 12
    assert fingerprint("simulations.sweep.rows") != fingerprint("collapse_theory.predict")


def test_of_a_text_only_its_statements_count():
    assert of_text("x = 1  # one") == of_text('"""A number."""\nx = 1') != of_text("x = 2")
