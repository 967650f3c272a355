"""The report as one HTML page that needs nothing else: no network, no script, no other file."""

import base64
import html
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin

from workbench.mathml import mathml

STYLE = Path(__file__).with_name("style.css")
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
{body}</body>
</html>
"""


def page(markdown: str, folder: Path) -> tuple[str, list[str]]:
    """A Markdown text as a page, and what was wrong with formulas that are shown as their source.

    Pictures, named relative to `folder`, become part of the page.
    """
    unreadable: list[str] = []

    def formula(latex: str, options: dict[str, Any]) -> str:
        try:
            return mathml(latex, display=options["display_mode"])
        except ValueError as error:
            unreadable.append(str(error))
            return f'<code class="failed">{html.escape(latex)}</code>'

    def picture(_: object, tokens: Sequence[Token], index: int, *__: object) -> str:
        token = tokens[index]
        data = base64.b64encode((folder / str(token.attrs["src"])).read_bytes()).decode()
        return f'<img alt="{html.escape(token.content)}" src="data:image/svg+xml;base64,{data}">'

    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader.use(dollarmath_plugin, renderer=formula, allow_labels=False)
    reader.use(anchors_plugin, max_level=2)
    reader.add_render_rule("image", picture)
    body = reader.render(markdown)
    for mark, name in (("✓", "passed"), ("✗", "failed")):
        body = re.sub(rf"<(li|p)>(?=(<strong>)?{mark})", rf'<\1 class="{name}">', body)
    title = html.escape(markdown.partition("\n")[0].lstrip("# "))
    return PAGE.format(title=title, style=STYLE.read_text(encoding="utf-8"), body=body), unreadable
