"""The command line: which models it asks for, and whether they can be trained."""

import argparse
from dataclasses import replace
from itertools import product
from typing import Any

from simulations.language import study
from simulations.language.corpus.corpus import Corpus
from simulations.language.experiment import heads
from simulations.language.gpt2.loop import SEGMENT
from simulations.language.gpt2.training import OPTIMISERS
from simulations.language.plan import Block, Plan, Shape
from simulations.language.results import Stories
from simulations.language.study import STUDIES
from workbench import cluster
from workbench.command import FORMATS, Parser, choices, stated, within
from workbench.values import parse_values

LISTS = {"n": "sizes", "synthetic_fraction": "fractions"}
WRITING = ("stories", "temperature", "top_p")
TRAINING = ("batch", "optimiser", "learning_rate", "weight_decay", "dropout", "dtype")


def parser(description: str) -> argparse.ArgumentParser:
    """The parser of the command line."""
    made = Parser(prog="python -m simulations.language", description=description, allow_abbrev=False)
    add = made.add_argument
    add("--list", action="store_true", help="say what studies there are, what they cost, and stop")
    add("--quick", action="store_true", help="a few small models, trained too little to learn much")
    add("--full", action="store_true", help="larger models, more stories and seeds, for a GPU")
    add("--precise", action="store_true", help="twice the seeds where collapses are small")
    add("--corpus", metavar="PATH", help="a text file of stories (default: the grammar's stories)")
    add("--vocabulary", type=int, default=1000, help="byte-pair tokens of a text file (1000)")
    add("--length", type=int, default=256, help="tokens at which a file's stories are cut (256)")
    add("--study", default=",".join(STUDIES), help=f"among {', '.join(STUDIES)} (all)")
    add("--key", type=int, default=0, help="random key of generators and models (0)")
    add("--out", metavar="DIR", help="output folder (default: results/language)")
    add("--format", default="png,pdf", help=f"among {', '.join(FORMATS)} (png,pdf)")
    cluster.flags(made)
    fields = made.add_argument_group("in place of the studies' own (a number, 1,2,3 or 1e2:1e4:5log)")
    for name, shows in {
        "n": "numbers of training stories",
        "synthetic_fraction": "parts of them that are synthetic",
    }.items():
        fields.add_argument(f"--{name.replace('_', '-')}", dest=name, metavar="VALUES", help=shows)
    for name, shows in {"width": "of the models", "depth": "number of layers, for each width"}.items():
        fields.add_argument(f"--{name}", metavar="N,N,...", help=shows)
    for name, kind, shows in (
        ("stories", int, "real stories that a generator learns from"),
        ("temperature", float, "of what generators write"),
        ("top_p", float, "they choose among the likeliest words with this probability"),
        ("author_width", int, "width of generators"),
        ("author_depth", int, "their depth"),
        ("seeds", int, "independent draws of stories, generators and models"),
        ("steps", int, "most training steps"),
        ("epochs", int, "most passes over the stories"),
        ("batch", int, "stories a step"),
        ("optimiser", str, "of matrices: muon or adamw"),
        ("learning_rate", float, "its peak"),
        ("weight_decay", float, "of the optimiser"),
        ("dropout", float, "share of numbers"),
        ("dtype", str, "of activations: float32 or bfloat16"),
    ):
        fields.add_argument(f"--{name.replace('_', '-')}", dest=name, type=kind, help=shows)
    return made


def stories(options: argparse.Namespace) -> Stories:
    """Where the stories come from.  Raises ValueError for numbers that make no sense."""
    if options.corpus is None:
        return Stories(None)
    within("vocabulary", options.vocabulary, 260, 2**16)
    within("length", options.length, 4, 2**14)
    return Stories(options.corpus, options.vocabulary, options.length)


def plan(options: argparse.Namespace, corpus: Corpus) -> Plan:
    """The models that the options ask for.  Raises ValueError for the first that cannot be."""
    if options.quick and options.full:
        raise ValueError("--quick and --full: expected one of them")
    within("key", options.key, 0, 2**31 - 1)
    prepared = study.quick() if options.quick else study.full() if options.full else study.DEFAULT
    if options.precise:
        prepared = study.precise(prepared)
    studies = choices("study", options.study, STUDIES)
    if corpus.log_probability is None:
        studies = [name for name in studies if name != "filter"]
        if not studies:
            raise ValueError("study = filter: expected the grammar's stories, which can be verified")
    chosen = [_fitted(block, corpus) for block in prepared.blocks if block.study in studies]
    blocks = [_changed(block, options) for block in chosen]
    author = stated(options, (f"author_{name}" for name in Shape._fields))
    made = replace(
        prepared,
        blocks=tuple(blocks),
        author=prepared.author._replace(
            **{name.removeprefix("author_"): value for name, value in author.items()}
        ),
        recipe=prepared.recipe._replace(**stated(options, TRAINING)),
        **stated(options, ("seeds", "steps", "epochs")),
    )
    _check(made, corpus)
    return made


def _fitted(block: Block, corpus: Corpus) -> Block:
    """The block with no more stories than a file has."""
    train, generator = (corpus.available[part] for part in ("train", "generator"))
    sizes = tuple(dict.fromkeys(int(min(n, train)) for n in block.sizes))
    generators = [one._replace(stories=int(min(one.stories, generator))) for one in block.generators]
    return block._replace(sizes=sizes, generators=tuple(generators))


def _changed(block: Block, options: argparse.Namespace) -> Block:
    changes: dict[str, Any] = {
        field: tuple(sorted(parse_values(name, getattr(options, name), whole=name == "n")))
        for name, field in LISTS.items()
        if getattr(options, name) is not None
    }
    if options.width is not None or options.depth is not None:
        widths, depths = (
            sorted({getattr(shape, name) for shape in block.shapes})
            if getattr(options, name) is None
            else _whole(name, getattr(options, name))
            for name in ("width", "depth")
        )
        changes["shapes"] = tuple(map(Shape._make, product(widths, depths)))
    writing = stated(options, WRITING)
    changes["generators"] = tuple(dict.fromkeys(one._replace(**writing) for one in block.generators))
    return block._replace(**changes)


def _check(made: Plan, corpus: Corpus) -> None:
    """Raise ValueError for the first number that is out of its range."""
    recipe = made.recipe
    if recipe.dtype not in ("float32", "bfloat16"):
        raise ValueError(f"dtype = {recipe.dtype}: expected float32 or bfloat16")
    if recipe.optimiser not in OPTIMISERS:
        raise ValueError(f"optimiser = {recipe.optimiser}: expected muon or adamw")
    within("seeds", made.seeds, 2, 1000)
    within("steps", made.steps, SEGMENT, 10**8)
    within("epochs", made.epochs, 1, 10**6)
    within("batch", recipe.batch, 1, 10**5)
    within("learning_rate", recipe.learning_rate, 1e-9, 10)
    within("weight_decay", recipe.weight_decay, 0, 10)
    within("dropout", recipe.dropout, 0, 0.9)
    for block in made.blocks:
        for n in block.sizes:
            within("n", n, 1, min(10**7, corpus.available["train"]))
        for fraction in block.fractions:
            within("synthetic_fraction", fraction, 0, 1)
        for shape in (made.author, *block.shapes):
            within("width", shape.width, 2, 10**5)
            within("depth", shape.depth, 1, 1000)
            if shape.width % heads(shape.width):
                raise ValueError(f"width = {shape.width}: expected a multiple of {heads(shape.width)}")
        for generator in block.generators:
            within("stories", generator.stories, 1, min(10**7, corpus.available["generator"]))
            within("temperature", generator.temperature, 1e-3, 1e3)
            within("top_p", generator.top_p, 1e-6, 1)


def _whole(name: str, text: str) -> list[int]:
    """Whole numbers, sorted."""
    try:
        return sorted({int(part) for part in text.split(",")})
    except ValueError:
        raise ValueError(f"{name} = {text}: expected whole numbers like 16,32") from None
