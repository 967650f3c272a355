"""The command line, and which blocks of the study it asks for."""

import argparse
from dataclasses import replace
from typing import Any

from simulations.mnist import study
from simulations.mnist.generator import Generator
from simulations.mnist.models import Block
from simulations.mnist.study import MODELS, STUDIES
from workbench import cluster
from workbench.command import FORMATS, Parser, choices
from workbench.values import parse_values

FIELDS = {"n": "sizes", "width": "widths", "synthetic_fraction": "fractions", "ridge": "ridges"}
FIELDS |= {"generator": "generators", "seeds": "seeds", "steps": "steps"}
# Fields that a model does not have.
ABSENT = {
    "linear": {"width", "steps"},
    "projection": {"steps"},
    "relu": {"steps"},
    "network": {"ridge"},
}


def parser(description: str) -> argparse.ArgumentParser:
    """The parser of the command line."""
    parser = Parser(prog="python -m simulations.mnist", description=description, allow_abbrev=False)
    add = parser.add_argument
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
    fields = parser.add_argument_group("in place of the studies' own (a number, 1,2,3 or 1e2:1e4:5log)")
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
    cluster.flags(parser)
    return parser


def blocks(options: argparse.Namespace) -> list[Block]:
    """The blocks that the options ask for.  Raises ValueError for an option that makes no sense."""
    studies, models = (
        choices(name, getattr(options, name), known)
        for name, known in (("study", STUDIES), ("model", MODELS))
    )
    prepared = study.prepared(quick=options.quick, full=options.full)
    chosen = [block for block in prepared if block.study in studies and block.model in models]
    if not chosen:
        raise ValueError(f"study = {options.study}: expected one that trains {options.model}")
    changes = {name: _values(name, getattr(options, name)) for name in FIELDS}
    changes = {name: value for name, value in changes.items() if value is not None}
    for name, value in changes.items():
        if all(name in ABSENT[block.model] for block in chosen):
            raise ValueError(f"{name} = {value}: expected a model that has one, not {options.model}")
    return [_changed(block, changes) for block in chosen]


def _values(name: str, option: Any) -> Any:
    """What the block's field takes: sorted values without repetition, or a number."""
    if option is None or name in ("seeds", "steps"):
        return option
    if name == "generator":
        return tuple(dict.fromkeys(map(_generator, option.split(","))))
    values = parse_values(name, option, whole=name in ("n", "width"), optional=name == "width")
    return tuple(values if None in values else sorted(values))


def _changed(block: Block, changes: dict[str, Any]) -> Block:
    """The block with these fields, as far as its model has them."""
    fields = {FIELDS[name]: value for name, value in changes.items() if name not in ABSENT[block.model]}
    if "steps" in fields:
        fields["epochs"] = 0
    return replace(block, **fields)


def _generator(text: str) -> Generator:
    samples, _, noise = text.partition(":")
    try:
        generator = Generator(int(float(samples)), float(noise or 0))
    except (ValueError, OverflowError):
        generator = None
    if generator is None or generator.samples != float(samples):
        raise ValueError(f"generator = {text}: expected SAMPLES or SAMPLES:NOISE")
    return generator
