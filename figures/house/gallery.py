"""The gallery: one page with every figure, a sentence on it, and how well its points agree."""

import inspect
from pathlib import Path
from types import ModuleType

from figures.house.agreement import agreement, as_markdown

HEAD = """# Gallery

Made by `python -m figures`: lines are theory, points are simulations (bars: one standard error), and the
arrays are in the CSV file beside each picture.

"""
FOOT = """
## Points against lines

`python -m figures --report`. z is the gap in standard errors. The theory is a limit: its relative gap to
a finite simulation is O(1/d), in power_law O(1/min(n, d)). The last column is the smallest such term with which all points are within 3
standard errors, z and gap are without it.  Images (mnist_*) are not Gaussian and have no such term.

"""


def write_gallery(folder: Path, scripts: dict[str, ModuleType]) -> None:
    """Write README.md for figures that are in the folder."""
    sections = [
        f"## {name}\n\n{sentence(script)}\n\n![{name}]({name}.png)\n" for name, script in scripts.items()
    ]
    report = as_markdown({name: agreement(folder / f"{name}.csv") for name in scripts})
    (folder / "README.md").write_text(HEAD + "\n".join(sections) + FOOT + report)


def sentence(script: ModuleType) -> str:
    """What a figure shows: the first paragraph of its script's docstring."""
    return " ".join(inspect.getdoc(script).split("\n\n")[0].split())  # type: ignore[union-attr]
