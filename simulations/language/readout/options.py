"""The command line: which readouts it asks for, and whether they can be trained."""

import argparse
from typing import Any

from collapse_theory.checks import fail
from simulations.language.readout import study
from simulations.language.readout.plan import Block, Plan
from simulations.language.readout.study import PLANS, STUDIES
from workbench import cluster
from workbench.command import FORMATS, Parser, stated, within
from workbench.values import parse_values


def parser(description: str) -> argparse.ArgumentParser:
    """The parser of the command line."""
    made = Parser(
        prog="python -m simulations.language.readout", description=description, allow_abbrev=False
    )
    add = made.add_argument
    add("--quick", action="store_true", help="a few small readouts, and an author that hardly learns")
    add("--plan", default="default", metavar="NAME", help=f"among {', '.join(PLANS)} (default)")
    add("--study", metavar="NAMES", help=f"among {', '.join(STUDIES)} (all that can be)")
    add("--corpus", metavar="PATH", help=f"also {STUDIES['text']}: this text file")
    add("--vocabulary", type=int, default=1000, help="byte-pair tokens of a text file (1000)")
    add("--length", type=int, default=256, help="tokens at which a file's stories are cut (256)")
    add("--key", type=int, default=0, help="random key of features, stories and author (0)")
    add("--out", metavar="DIR", help="output folder (default: results/readout)")
    add("--format", default="png,pdf", help=f"among {', '.join(FORMATS)} (png,pdf)")
    cluster.flags(made)
    fields = made.add_argument_group("in place of the plan's own (a number, 1,2,3 or 1e2:1e4:5log)")
    for name, shows in {
        "n": "numbers of training stories",
        "synthetic_fraction": "parts of them that are synthetic",
        "width": "numbers of features, for whole stories",
    }.items():
        fields.add_argument(f"--{name.replace('_', '-')}", dest=name, metavar="VALUES", help=shows)
    for name, kind, shows in (
        ("ridge", float, "lambda of the readouts"),
        ("seeds", int, "independent draws of the stories"),
        ("stories", int, "real stories that the author learns from"),
        ("steps", int, "its training steps, a multiple of 50"),
        ("temperature", float, "at which it writes"),
        ("written", int, "stories that it writes"),
    ):
        fields.add_argument(f"--{name}", type=kind, help=shows)
    return made


def plan(options: argparse.Namespace) -> Plan:
    """The readouts that the options ask for.  Raises ValueError for the first that cannot be."""
    if options.plan not in PLANS:
        raise fail("plan", options.plan, f"among {', '.join(PLANS)}")
    prepared = study.quick() if options.quick else PLANS[options.plan]
    author = stated(options, ("stories", "steps", "temperature", "written"))
    made = prepared._replace(
        blocks=_blocks(prepared.blocks, options),
        author=prepared.author._replace(**author),
        **stated(options, ("ridge", "seeds")),
    )
    within("key", options.key, 0, 2**31 - 1)
    within("vocabulary", options.vocabulary, 260, 2**16)
    within("length", options.length, 4, 2**14)
    within("ridge", made.ridge, 1e-12, 1e6)
    within("seeds", made.seeds, 2, 1000)
    within("stories", made.author.stories, 1, 10**6)
    within("steps", made.author.steps, 1, 10**6)
    within("temperature", made.author.temperature, 1e-3, 1e3)
    within("written", made.author.written, 2, 10**6)
    for block in made.blocks:
        within("width", block.width, 1, 10**4)
        for n in block.sizes:
            within("n", n, 1, 10**8)
        for fraction in block.fractions:
            within("synthetic_fraction", fraction, 0, 1)
    return made


def studies(options: argparse.Namespace) -> tuple[str, ...]:
    """Whose stories are wanted.  Raises ValueError for unknown ones, and for a text without its file."""
    if options.study is None:
        return tuple(STUDIES)
    names = tuple(options.study.split(","))
    for name in names:
        if name not in STUDIES:
            raise fail("study", name, f"among {', '.join(STUDIES)}")
    if names == ("text",) and options.corpus is None:
        raise fail("study", "text", "a file of stories too, --corpus")
    return names


def _blocks(prepared: tuple[Block, ...], options: argparse.Namespace) -> tuple[Block, ...]:
    fields = {"sizes": ("n", True), "fractions": ("synthetic_fraction", False)}
    changes: dict[str, Any] = {
        field: _sorted(name, getattr(options, name), whole=whole)
        for field, (name, whole) in fields.items()
        if getattr(options, name) is not None
    }
    if options.width is None:
        return tuple(block._replace(**changes) for block in prepared)
    widths = _sorted("width", options.width, whole=True)
    first, singles = prepared[0], [block for block in prepared if block.rows == "tokens"]
    wide = [first._replace(width=width) for width in widths]
    narrow = [block._replace(width=widths[0]) for block in singles]
    return tuple(block._replace(**changes) for block in (*wide, *narrow))


def _sorted(name: str, text: str, *, whole: bool) -> tuple[Any, ...]:
    """The numbers of a list, from the smallest on."""
    return tuple(
        sorted(number for number in parse_values(name, text, whole=whole) if number is not None)
    )
