"""MkDocs' hooks: the repository's own pages, formulas as MathML, and a site that needs no network."""

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

from docs.site import code, formulas, offline, reference, tree

# Pages of wide tables, which take the room of the table of contents.
WIDE = ("derivations/LEDGER.md", "docs/STATEMENTS.md", "benchmarks/README.md")
PUBLIC = re.compile(r'(?<!">)<code>(?:ct|simulations)\.(\w+)</code>(?!</a>)')
CODE_LINK = re.compile(r"\]\(([^)\s#]+\.(?:py|toml))#(\w+)\)")


def on_files(files: Files, config: MkDocsConfig, **_: Any) -> Files:
    """The site's files in place of those of the docs folder: pages, pictures, code, the reference."""
    site = Files([file for file in files if file.src_dir != config.docs_dir])
    shown = tree.shown()
    for path in shown:
        site.append(File.generated(config, path.as_posix(), abs_src_path=str(tree.ROOT / path)))
    for path in tree.linked_code([path for path in shown if path.suffix == ".md"]):
        text = code.page(path, (tree.ROOT / path).read_text(encoding="utf-8"))
        site.append(File.generated(config, tree.code_page(path.as_posix()), content=text))
    for page in reference.PAGES:
        site.append(File.generated(config, reference.path(page), content=reference.text(page)))
    return site


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Links to code lead to the reference where it has the name, else to the page of the code."""
    if page.file.src_uri in WIDE:
        page.meta["hide"] = ["toc"]
    here = Path(page.file.src_uri).parent
    known = reference.anchors()

    def documented(match: re.Match[str]) -> str:
        path, name = match.groups()
        target = (tree.ROOT / here / path).resolve().relative_to(tree.ROOT).as_posix()
        if (target, name) not in known:
            return match.group()
        return f"]({'../' * len(here.parts)}{known[target, name]})"

    return formulas.plain(tree.with_code_pages(CODE_LINK.sub(documented, markdown)))


def on_page_content(html: str, page: Page, **_: Any) -> str:
    """The page with its formulas typeset, and names of functions as links to the reference."""
    known = {anchor.rpartition(".")[2]: anchor for anchor in reference.anchors().values()}

    def linked(match: re.Match[str]) -> str:
        target = known.get(match.group(1))
        if target is None:
            return match.group()
        address = get_relative_url(target.replace(".md#", ".html#"), page.url)
        return f'<a href="{address}">{match.group()}</a>'

    try:
        return formulas.typeset(PUBLIC.sub(linked, html))
    except ValueError as error:
        raise PluginError(f"{page.file.src_uri}: {error}") from None


def on_post_build(config: MkDocsConfig, **_: Any) -> None:
    """Fail if a page would fetch something from a network."""
    if addresses := offline.fetched(Path(config.site_dir)):
        raise PluginError("pages would fetch: " + ", ".join(addresses))
