"""The report as committed pages, one a theorem, which GitHub and the site show: docs/proofs."""

import html
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from derivations.outcome import Outcome, picture_name
from derivations.steps import Check, Derivation, Step
from workbench.files import make_folder, write_text

FOLDER = Path(__file__).parents[2] / "docs" / "proofs"
NOTE = "Written by `python -m derivations --proofs`, which checked every claim below."
INDEX = """# Proofs

Each page starts from a product of random matrices and ends with a formula. Every claim on it was checked
when it was written: equalities by exact algebra or to 30 digits, limits by the rate at which they are
approached. `make derivations` runs everything again and writes one report;
[the ledger](../../derivations/LEDGER.md) leads from each equation to its function, test and figure.

"""
INLINE = re.compile(r"(?<!\$)\$([^$]+)\$(?!\$)")
DISPLAY = re.compile(r"\s*\$\$\s*(.+?)\s*\$\$\s*", re.DOTALL)
# Measured digits: other machines may round them otherwise, and golden.json holds them.
DIGITS = re.compile(r"\d+\.\d+(?:e[+-]?\d+)?|\d+e-\d+")


def page(outcome: Outcome) -> str:
    """The Markdown of a derivation that ran."""
    derivation = outcome.derivation
    parts = [f"# {_text(derivation.title)}", _text(derivation.statement), NOTE]
    for number, step in enumerate(outcome.steps, start=1):
        parts.append(f"## Step {number}")
        parts += _step(step)
        if step.picture:
            parts.append(f"![Step {number}]({picture_name(derivation, number)})")
        if step.checks:
            parts.append("**Checked:**")
            parts.append("\n".join(f"- {_claim(check)}" for check in step.checks))
    return "\n\n".join(parts) + "\n"


def index(derivations: Iterable[Derivation]) -> str:
    """The page that names them all."""
    rows = [f"- [{_text(each.title)}]({each.name}.md)" for each in derivations]
    return INDEX + "\n".join(rows) + "\n"


def write(outcomes: Iterable[Outcome], derivations: Iterable[Derivation]) -> None:
    """Write a page for each derivation that ran without a failure, and the index of all."""
    make_folder(FOLDER)
    for outcome in outcomes:
        if not outcome.failures:
            write_text(FOLDER / f"{outcome.name}.md", page(outcome))
    write_text(FOLDER / "README.md", index(derivations))


def compare(outcome: Outcome) -> list[Check]:
    """A failed check unless the committed page says what came out, but for measured digits.

    A derivation that has failed is not compared: its page would be of no use.
    """
    if outcome.failures:
        return []
    path = FOLDER / f"{outcome.name}.md"
    committed = path.read_text(encoding="utf-8") if path.exists() else ""
    if _words(committed) == _words(page(outcome)):
        return []
    hint = f"expected what came out; write it by `python -m derivations {outcome.name} --proofs`"
    return [Check(f"docs/proofs/{outcome.name}.md is up to date", hint, False)]


def unlisted(derivations: Mapping[str, Derivation]) -> list[str]:
    """Derivations without a page, and pages without a derivation."""
    pages = {path.stem for path in FOLDER.glob("*.md")} - {"README"}
    return sorted(pages ^ set(derivations))


def _step(step: Step) -> list[str]:
    parts = [_text(step.text)]
    parts += [f"```math\n{_portable(equation)}\n```" for equation in step.equations]
    if step.code:
        parts.append(f"```python\n{step.code.strip()}\n```")
    return parts


def _text(text: str) -> str:
    """Prose with mathematics, in the forms that GitHub shows whatever is in them."""
    fenced = DISPLAY.sub(lambda match: f"\n\n```math\n{_portable(match.group(1))}\n```\n\n", text)
    return INLINE.sub(lambda match: f"$`{_portable(match.group(1))}`$", fenced).strip()


def _claim(check: Check) -> str:
    return f"{_plain(check.claim)} — {_plain(check.method)}"


def _plain(text: str) -> str:
    """A claim, which is no Markdown but for its mathematics."""
    parts = re.split(r"(\$[^$]+\$)", text)
    parts[::2] = [re.sub(r"([\\`*_\[\]])", r"\\\1", _entities(part)) for part in parts[::2]]
    return _text("".join(parts))


def _entities(text: str) -> str:
    """Signs that the site, unlike GitHub, does not take with a backslash."""
    return html.escape(text, quote=False).replace("~", "&#126;")


def _portable(latex: str) -> str:
    r"""LaTeX without \operatorname, which GitHub refuses."""
    return re.sub(r"\\operatorname\{(\w+)\}", r"\\mathrm{\1}", " ".join(latex.split()))


def _words(text: str) -> str:
    return DIGITS.sub("#", text)
