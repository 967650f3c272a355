"""LaTeX as MathML, which browsers show by themselves."""

import html
import unicodedata
from itertools import pairwise
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import convert_to_element

# Signs that latex2mathml takes from the keyboard, as they are printed.
PRINTED = {("mi", "~"): "\N{TILDE OPERATOR}", ("mo", "―"): "\N{OVERLINE}"}
ORDINARY = "∞∂∇∀∃∅"  # of category Sm, but no operators
UPRIGHT = "ΓΔΘΛΞΠΣΥΦΨΩ"  # as in LaTeX; one letter alone would be italic
THIN = "0.167em"


def mathml(latex: str, *, display: bool) -> str:
    """A formula as a <math> element; raises ValueError where a part of it would not be shown."""
    # To latex2mathml, aligned is no environment; within a formula align* is the same.
    known = latex.replace("{aligned}", "{align*}")
    try:
        root = convert_to_element(known, display="block" if display else "inline")
    except Exception as error:  # its exceptions have no common base
        raise ValueError(f"formula = {latex}: {type(error).__name__} {error}".rstrip()) from None
    del root.attrib["xmlns"]  # HTML knows
    for element in root.iter():
        _readable(element, latex)
        _kind(element)
    for element in root.iter():
        _space(element)
    return tostring(root, encoding="unicode")


def _readable(element: Element, latex: str) -> None:
    """Decode the element's text; what latex2mathml does not know it passes on as it was written."""
    element.text = element.text and html.unescape(element.text)
    text = element.text or ""
    if text.startswith("\\") or (element.tag == "mi" and text == "&"):
        raise ValueError(f"formula = {latex}: {text} is not known")
    if element.get("linebreak"):
        raise ValueError(f"formula = {latex}: a new line outside aligned")


def _kind(element: Element) -> None:
    """Relations as operators, infinity and its like as identifiers: it decides their spacing."""
    text = element.text or ""
    if element.tag not in ("mi", "mo") or not text:
        return
    element.text = text = PRINTED.get((element.tag, text), text)
    if text in ORDINARY:
        element.tag = "mi"
    elif text in UPRIGHT:
        element.set("mathvariant", "normal")
    elif len(text) == 1 and unicodedata.category(text) == "Sm":
        element.tag = "mo"
    elif len(text) > 1 and text.isalpha():  # tr, log
        element.tag = "mo"
        element.set("lspace", THIN)
        element.set("rspace", THIN)


def _space(parent: Element) -> None:
    """No space between the name of a function and the bracket that opens its argument."""
    for element, following in pairwise(parent):
        name = next((part for part in element.iter("mo") if part.get("rspace") == THIN), None)
        if name is not None and "".join(following.itertext())[:1] in ("(", "[", "{"):
            name.set("rspace", "0")
