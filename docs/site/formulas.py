"""Formulas of a page as MathML, which browsers show without a script."""

import html
import re

from workbench.mathml import mathml

# What pymdownx.arithmatex makes of $..$, $$..$$ and math fences.
INLINE = re.compile(r'<span class="arithmatex[^"]*">\\\((.*?)\\\)</span>', re.DOTALL)
DISPLAY = re.compile(r'<div class="arithmatex[^"]*">\\\[(.*?)\\\]</div>', re.DOTALL)
# GitHub's form of inline mathematics that Markdown leaves alone: $`..`$.
QUOTED = re.compile(r"\$`([^`\n]+)`\$")
# GitHub refuses \operatorname; \mathrm alone would be set as a product of letters.
NAMED = re.compile(r"\\mathrm\{(tr|det|Hess|Var|Cov|sign|diag)\}")


def plain(markdown: str) -> str:
    """A page's text with all inline mathematics between single dollars."""
    return QUOTED.sub(r"$\1$", markdown)


def typeset(page: str) -> str:
    """The HTML of a page with its formulas as MathML.

    Raises ValueError for a formula that could not be shown.
    """

    def inline(match: re.Match[str]) -> str:
        return _mathml(match.group(1), display=False)

    def display(match: re.Match[str]) -> str:
        return f'<div class="math block">{_mathml(match.group(1), display=True)}</div>'

    return INLINE.sub(inline, DISPLAY.sub(display, page))


def _mathml(source: str, *, display: bool) -> str:
    latex = NAMED.sub(r"\\operatorname{\1}", html.unescape(source).strip())
    return mathml(latex, display=display)
