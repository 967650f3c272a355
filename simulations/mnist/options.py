"""The command line: which blocks of the study it asks for, and whether they can be trained."""

import argparse
from dataclasses import replace
from typing import Any

from simulations.command import FORMATS, Parser, choices, within
from simulations.mnist import study
from simulations.mnist.data import Images
from simulations.mnist.generator import Generator
from simulations.mnist.study import MODELS, STUDIES, Block
from simulations.mnist.task import parts
from simulations.sweep.grid import parse

FIELDS = {"n": "sizes", "width": "widths", "synthetic_fraction": "fractions", "ridge": "ridges"}
FIELDS |= {"generator": "generators", "seeds": "seeds", "steps": "steps"}
# Fields that a model does not have.
ABSENT = {
    "linear": {"width", "steps"},
    "projection": {"steps"},
    "relu": {"steps"},
    "network": {"ridge"},
}
MOST_UNKNOWNS = 20_000  # of one linear system


def parser(description: str) -> argparse.ArgumentParser:
    """The parser of the command line."""
    made = Parser(prog="python -m simulations.mnist", description=description, allow_abbrev=False)
    add = made.add_argument
    add("--list", action="store_true", help="say what studies and models there are and stop")
    add("--data", metavar="DIR", help="MNIST's four files (default: COLLAPSE_DATA, else downloaded)")
    add(
        "--quick",
        action="store_true",
        help="a few small models, on scikit-learn's digits without --data",
    )
    add("--full", action="store_true", help="more seeds, networks trained for 400 epochs")
    add("--study", default=",".join(STUDIES), help=f"among {', '.join(STUDIES)} (all)")
    add("--model", default=",".join(MODELS), help=f"among {', '.join(MODELS)} (all)")
    add("--key", type=int, default=0, help="random key of split, generators and models (0)")
    add("--out", metavar="DIR", help="output folder (default: results/mnist)")
    add("--format", default="png,pdf", help=f"among {', '.join(FORMATS)} (png,pdf)")
    fields = made.add_argument_group("in place of the studies' own (a number, 1,2,3 or 1e2:1e4:5log)")
    for name, shows in {
        "n": "numbers of training images",
        "width": "numbers of features or hidden units",
        "synthetic_fraction": "parts of the labels that are synthetic",
        "ridge": "penalties of the ridge models",
    }.items():
        fields.add_argument(f"--{name.replace('_', '-')}", dest=name, metavar="VALUES", help=shows)
    fields.add_argument("--generator", metavar="SAMPLES[:NOISE],...", help="images and noise of each")
    fields.add_argument("--seeds", type=int, help="independent draws of every model")
    fields.add_argument("--steps", type=int, help="training steps of a network")
    return made


def blocks(options: argparse.Namespace) -> list[Block]:
    """The blocks that the options ask for.  Raises ValueError for an option that makes no sense."""
    if options.quick and options.full:
        raise ValueError("--quick and --full: expected one of them")
    if not 0 <= options.key < 2**63:
        raise ValueError(f"key = {options.key}: expected a whole number in [0, 2^63)")
    studies, models = (
        choices(name, getattr(options, name), known)
        for name, known in (("study", STUDIES), ("model", MODELS))
    )
    prepared = study.quick() if options.quick else study.full() if options.full else study.DEFAULT
    chosen = [block for block in prepared if block.study in studies and block.model in models]
    if not chosen:
        raise ValueError(f"study = {options.study}: expected one that trains {options.model}")
    changes = {name: _values(name, getattr(options, name)) for name in FIELDS}
    changes = {name: value for name, value in changes.items() if value is not None}
    for name, value in changes.items():
        if all(name in ABSENT[block.model] for block in chosen):
            raise ValueError(f"{name} = {value}: expected a model that has one, not {options.model}")
    return [_changed(block, changes) for block in chosen]


def check(chosen: list[Block], images: Images) -> None:
    """Raise ValueError for the first field that no model on these images can have."""
    own, pool = parts(len(images.train))
    for block in chosen:
        widths = [m for m in block.widths if m is not None]
        if len(widths) < len(block.widths) and block.model != "linear":
            raise ValueError(f"width = none: expected a number for {block.model}")
        for name, values, low, high in (
            ("n", block.sizes, 1, pool),
            ("width", widths, 1, 10**6),
            ("synthetic_fraction", block.fractions, 0, 1),
            ("generator", [g.samples for g in block.generators], 1, own),
            ("generator noise", [g.noise for g in block.generators], 0, 1e6),
            ("seeds", [block.seeds], 2, 10**6),
            ("ridge", block.ridges if block.model != "network" else [], 1e-12, 1e12),
            ("steps", [block.steps] if block.model == "network" else [], 1, 10**9),
        ):
            for value in values:
                within(name, value, low, high)
        if block.model in ("projection", "relu"):
            name, unknowns = ("n", block.sizes) if block.by_width else ("width", widths)
            if max(unknowns) > MOST_UNKNOWNS:
                expected = f"at most {MOST_UNKNOWNS}, the other of n and width having more values"
                raise ValueError(f"{name} = {max(unknowns)}: expected {expected}")


def _values(name: str, given: Any) -> Any:
    """What the block's field takes: sorted values without repetition, or a number."""
    if given is None or name in ("seeds", "steps"):
        return given
    if name == "generator":
        return tuple(dict.fromkeys(map(_generator, given.split(","))))
    values = parse(name, given)
    return tuple(values if None in values else sorted(values))


def _changed(block: Block, changes: dict[str, Any]) -> Block:
    """The block with these fields, as far as its model has them."""
    own = {FIELDS[name]: value for name, value in changes.items() if name not in ABSENT[block.model]}
    if "steps" in own:
        own["epochs"] = 0
    return replace(block, **own)


def _generator(text: str) -> Generator:
    samples, _, noise = text.partition(":")
    try:
        found = Generator(int(float(samples)), float(noise or 0))
    except (ValueError, OverflowError):
        found = None
    if found is None or found.samples != float(samples):
        raise ValueError(f"generator = {text}: expected SAMPLES or SAMPLES:NOISE")
    return found
