"""The files of the site: the repository's pages under their own paths, so that one link serves both."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Pages and what they show; a path on the site is the path in the repository.
SHOWN = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "LICENSE",
    "CITATION.cff",
    "docs/*.md",
    "docs/*.png",
    "docs/proofs/*.md",
    "docs/proofs/*.svg",
    "docs/explorer/*",
    "docs/site/*.css",
    "docs/site/font/*",
    "derivations/LEDGER.md",
    "benchmarks/*.md",
    "benchmarks/*.png",
    "figures/gallery/*",
    "figures/tables/*",
)
# Code that pages link to has a page of its own on the site.
CODE = (".py", ".toml")
LINK = re.compile(r"(\]\((?!https?:|#|mailto:)[^)\s#]+)(?=[)#])")


def shown() -> list[Path]:
    """Files that are on the site as they are, relative to the repository."""
    files = {path for pattern in SHOWN for path in ROOT.glob(pattern) if path.is_file()}
    return sorted(path.relative_to(ROOT) for path in files)


def linked_code(pages: list[Path]) -> list[Path]:
    """Files of code that these pages link to, relative to the repository.

    Raises ValueError for a link to code that is not there.
    """
    files = set()
    for page in pages:
        for target in targets((ROOT / page).read_text(encoding="utf-8")):
            path = (ROOT / page.parent / target).resolve()
            if path.suffix in CODE:
                if not path.is_file():
                    raise ValueError(f"{page}: link to {target}: expected a file that exists")
                files.add(path.relative_to(ROOT))
    return sorted(files)


def targets(markdown: str) -> list[str]:
    """Paths that the links of a page lead to, without anchors; no addresses."""
    return [match.removeprefix("](") for match in LINK.findall(markdown)]


def code_page(path: Path | str) -> str:
    """Path of the page that shows a file of code."""
    return f"{path}.md"


def with_code_pages(markdown: str) -> str:
    """A page's text, whose links to code lead to the pages that show it."""

    def on_site(match: re.Match[str]) -> str:
        link = match.group(1)
        return code_page(link) if link.endswith(CODE) else link

    return LINK.sub(on_site, markdown)
