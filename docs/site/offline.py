"""What a page would fetch from a network: nothing, or the build fails."""

import re
from pathlib import Path

# Attributes whose target a browser fetches by itself; <a href> it does not.
FETCHED = re.compile(
    r"<(?:script|img|iframe|source|video|audio|embed|object|link)\b[^>]*?"
    r"\b(?:src|href|data|srcset)\s*=\s*[\"']?((?:https?:)?//[^\"'\s>]+)",
    re.IGNORECASE,
)
STYLE = re.compile(r"(?:url\(\s*|@import\s+)[\"']?((?:https?:)?//[^\"')\s;]+)", re.IGNORECASE)
# Links that say where a page is, and fetch nothing.
NAMING = re.compile(
    r"<link\b[^>]*\brel\s*=\s*[\"']?(?:canonical|alternate|next|prev)\b[^>]*>", re.IGNORECASE
)
# A diagram, for which the theme's script would fetch a library.
DIAGRAM = re.compile(r'class="mermaid"')


def addresses(text: str) -> list[str]:
    """Addresses that a page or a style sheet fetches when it is shown."""
    bare = NAMING.sub("", text)
    diagrams = ["the library of a diagram"] if DIAGRAM.search(bare) else []
    return FETCHED.findall(bare) + STYLE.findall(bare) + diagrams


def fetched(site: Path) -> list[str]:
    """Every file of a built site with what it fetches: `file: address`."""
    return [
        f"{path.relative_to(site)}: {address}"
        for suffix in ("html", "css", "svg")
        for path in sorted(site.rglob(f"*.{suffix}"))
        for address in addresses(path.read_text(encoding="utf-8", errors="replace"))
    ]
