"""The report as a Markdown text."""

import platform
import re
from collections.abc import Iterator
from importlib.metadata import version

from mdit_py_plugins.anchors.index import slugify

from derivations import ledger
from derivations.outcome import Outcome, picture_name
from derivations.steps import Check, Step

PICTURES = "pictures"  # folder beside the report
TITLE = "Strong model collapse: derivations"
MATHS = re.compile(r"(\$[^$]+\$)")


def document(
    outcomes: list[Outcome], failures: list[tuple[str, Check]], command: str, *, pictures: bool
) -> str:
    """The whole report: summary, contents, derivations, ledger."""
    parts = [f"# {TITLE}", *_summary(outcomes, failures, command), "## Contents", _contents(outcomes)]
    for outcome in outcomes:
        parts += _derivation(outcome, pictures)
    parts += ["## Equation ledger", ledger.markdown().rstrip()]
    return "\n\n".join(parts) + "\n"


def _summary(outcomes: list[Outcome], failures: list[tuple[str, Check]], command: str) -> Iterator[str]:
    checks = sum(len(outcome.checks) for outcome in outcomes)
    counted = f"{_count(len(outcomes), 'derivation')}, {_count(checks, 'check')}"
    if failures:
        yield f"**✗ FAILED: {counted}, {_count(len(failures), 'failure')}.**"
        yield "\n".join(f"- {_mark(check)} — in `{name}`" for name, check in failures)
    else:
        yield f"**✓ {counted}, all passed.**"
    versions = ", ".join(f"{name} {version(name)}" for name in ("sympy", "mpmath"))
    yield f"Made by `{command}` with {versions}, Python {platform.python_version()}."
    yield "Below every step stands what was checked, how, and whether it held."


def _contents(outcomes: list[Outcome]) -> str:
    titles = [outcome.derivation.title for outcome in outcomes]
    titles.append("Equation ledger")
    return "\n".join(f"- [{title}](#{slugify(MATHS.sub('', title))})" for title in titles)


def _derivation(outcome: Outcome, pictures: bool) -> Iterator[str]:
    derivation = outcome.derivation
    yield f"## {derivation.title}"
    yield derivation.statement
    for number, step in enumerate(outcome.steps, start=1):
        yield f"### Step {number}"
        yield from _step(step)
        if step.picture and pictures:
            yield f"![Step {number}]({PICTURES}/{picture_name(derivation, number)})"
        if step.checks:
            yield "\n".join(f"- {_mark(check)}" for check in step.checks)
    if outcome.problems:
        yield "**✗ FAILED: the derivation as a whole**"
        yield "\n".join(f"- {_mark(check)}" for check in outcome.problems)


def _step(step: Step) -> Iterator[str]:
    yield step.text
    for equation in step.equations:
        yield f"$$\n{equation.strip()}\n$$"
    if step.code:
        yield f"```python\n{step.code.strip()}\n```"


def _mark(check: Check) -> str:
    mark = "✓" if check.passed else "✗ **FAILED**"
    return f"{mark} {_prose(check.claim)} — {_prose(check.method)}"


def _prose(text: str) -> str:
    """Plain text, mathematics between $, as Markdown that shows it unchanged."""
    parts = MATHS.split(text)
    # Every second part is mathematics.
    parts[::2] = [re.sub(r"([\\`*_\[\]<>&$~])", r"\\\1", part) for part in parts[::2]]
    return "".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
