"""What the site is made of: every public name, formulas as MathML, code with anchors, no network."""

import html
import importlib
import re
from pathlib import Path

import pytest

import collapse_theory as ct
import derivations
import simulations
from docs.site import code, formulas, offline, reference, tree
from workbench.definitions import definition


def documented():
    """Names on the pages of the reference."""
    return [name for page in reference.PAGES for chapter in page.chapters for name in chapter.names]


@pytest.mark.parametrize("package", [ct, simulations, derivations], ids=lambda package: package.__name__)
def test_every_public_name_is_in_the_reference(package):
    missing = {f"{package.__name__}.{name}" for name in package.__all__} - set(documented())
    assert not missing


@pytest.mark.parametrize("name", documented())
def test_every_name_of_the_reference_exists_and_is_explained(name):
    module, _, member = definition(name).rpartition(".")
    thing = getattr(importlib.import_module(module), member, None) or importlib.import_module(name)
    assert thing.__doc__
    assert documented().count(name) == 1


def test_the_reference_names_where_things_are_defined():
    text = reference.text(reference.THEORY)
    assert "::: collapse_theory.predict.predict\n" in text
    assert "::: collapse_theory.spectra\n" in text
    anchor = reference.anchors()["collapse_theory/paper.py", "theorem_1"]
    assert anchor == "docs/api/theory.md#collapse_theory.paper.theorem_1"


def test_formulas_are_typeset():
    page = (
        r'<p><span class="arithmatex">\(\kappa &lt; \mathrm{tr}[\Sigma]\)</span></p>'
        '<div class="arithmatex arithmatex">\\[\n\\mathrm{df}_1\n\\]</div>'
    )
    typeset = formulas.typeset(page)
    assert typeset.count("<math") == 2
    assert "arithmatex" not in typeset
    assert ">tr</mo>" in typeset  # the name of a function, not t times r
    assert "κ<tr[Σ]" in html.unescape(re.sub(r"<[^>]*>", "", typeset)).replace(" ", "")
    assert formulas.plain("a $`x_1`$ b") == "a $x_1$ b"


def test_a_formula_that_cannot_be_shown_stops_the_build():
    with pytest.raises(ValueError, match="nonsense is not known"):
        formulas.typeset(r'<span class="arithmatex">\(\nonsense\)</span>')


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ('<script src="https://somewhere.example/x.js"></script>', "https://somewhere.example/x.js"),
        ("<link rel=stylesheet href=//somewhere.example/a.css>", "//somewhere.example/a.css"),
        ('<img alt="a" src="http://somewhere.example/a.png">', "http://somewhere.example/a.png"),
        ("@font-face {src: url(https://somewhere.example/f)}", "https://somewhere.example/f"),
        ('@import "https://somewhere.example/s.css";', "https://somewhere.example/s.css"),
        ('<pre class="mermaid">a --> b</pre>', "the library of a diagram"),
        ('<a href="https://arxiv.org/abs/2410.04840">paper</a>', None),
        ('<link rel="canonical" href="https://somewhere.example/">', None),
        ('<img src="../figures/a.png"><script src="a.js"></script>', None),
        ("a {background: url(data:image/png;base64,x)}", None),
    ],
)
def test_what_a_page_fetches(text, address, tmp_path):
    suffix = "css" if text.startswith(("@", "a {")) else "html"
    (tmp_path / f"page.{suffix}").write_text(text)
    assert offline.fetched(tmp_path) == ([f"page.{suffix}: {address}"] if address else [])


def test_code_has_anchors_and_is_whole():
    path = Path("collapse_theory/paper.py")
    text = (tree.ROOT / path).read_text(encoding="utf-8")
    page = code.page(path, text)
    assert re.findall(r'<a id="(theorem_\d)"></a>', page) == ["theorem_1", "theorem_2"]
    shown = "".join(re.findall(r"~~~~python\n(.*?)~~~~", page, re.DOTALL))
    assert shown.split() == text.split()
    decorated = "import a\n\n\n@a.b\n@a.c(\n    d\n)\ndef f(): pass\n\n\nX = 1\n"
    assert code.parts(decorated)[1][1].startswith("@a.b\n@a.c(")


def test_links_to_code_lead_to_pages_of_the_site():
    text = "[a](../tests/x.py#test_a) [b](c.toml) [d](e.md#f) [g](https://h.example/i.py)"
    expected = "[a](../tests/x.py.md#test_a) [b](c.toml.md) [d](e.md#f) [g](https://h.example/i.py)"
    assert tree.with_code_pages(text) == expected
    assert tree.targets(text) == ["../tests/x.py", "c.toml", "e.md"]


def test_every_page_of_the_repository_is_on_the_site():
    shown = {path.as_posix() for path in tree.shown()}
    assert {"README.md", "docs/theory.md", "derivations/LEDGER.md", "figures/gallery/README.md"} <= shown
    navigation = re.findall(r": (\S+\.md)$", (tree.ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    generated = {reference.path(page) for page in reference.PAGES}
    assert set(navigation) - generated <= shown


def test_docstrings_keep_their_lists():
    pytest.importorskip("griffe")
    from docs.site.docstrings import widened

    text = "One:\n- `a`: this\n  and\n\n      x = 1\n\nAfter."
    assert widened(text) == "One:\n\n- `a`: this\n    and\n\n        x = 1\n\nAfter."
