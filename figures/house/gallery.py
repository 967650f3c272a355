"""The gallery: one page with every figure, a sentence on it, and how well its points agree."""

from pathlib import Path

from figures.house.agreement import agreement, as_markdown
from figures.house.manifest import outdated
from figures.house.scripts import NAMES, sentence
from workbench.files import write_text

HEAD = """# Gallery

Lines are theory, and points are simulations with bars of one standard error. The arrays are in the CSV file
beside each picture; [manifest.json](manifest.json) records the command, code and machine that drew it.
`python -m figures` draws them again.
"""
OUTDATED = """
## Drawn by older code

The code of these figures has changed since they were drawn. The manifest has the fingerprints.

"""
AGREEMENT = """
## Points against lines

This table comes from `python -m figures --report`. z is the gap between simulation and theory in standard
errors. Where there is a finite-size term, theory is the limit plus this term, so that gaps are O(1/d²);
elsewhere, as in generations and iterative_mixing, gaps are O(1/d). "Beyond 3 s.e." is the relative error of the
theory that would bring every point within 3 standard errors. The last column compares with the limit alone.
Images (mnist_*) and words (language_theory) are not Gaussian and have no such term.

"""


def drawn(folder: Path) -> list[str]:
    """The figures whose arrays are in a folder, in the order of the gallery."""
    return [name for name in NAMES if (folder / f"{name}.csv").exists()]


def page(folder: Path) -> str:
    """The gallery of a folder, from the arrays and the manifest in it.

    Raises ValueError for a folder without figures.
    """
    names = drawn(folder)
    if not names:
        raise ValueError(f"out = {folder}: expected a folder with figures; draw them first")
    sections = [f"\n## {name}\n\n{sentence(name)}\n\n![{name}]({name}.png)\n" for name in names]
    changed = "".join(f"- {phrase}\n" for phrase in outdated(folder, names))
    report = as_markdown({name: agreement(folder / f"{name}.csv") for name in names})
    return HEAD + "".join(sections) + (OUTDATED + changed if changed else "") + AGREEMENT + report


def write_page(folder: Path) -> Path:
    """Write the page of a folder; its path."""
    path = folder / "README.md"
    write_text(path, page(folder))
    return path
