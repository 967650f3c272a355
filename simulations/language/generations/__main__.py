"""`python -m simulations.language.generations`: language models that learn from earlier models."""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

from simulations.language.generations import study
from simulations.language.generations.chain import KINDS
from simulations.language.generations.picture import draw
from simulations.language.generations.report import print_report
from simulations.language.generations.run import TABLE, run
from simulations.language.generations.study import Study
from workbench import cluster
from workbench.command import (
    FORMATS,
    Parser,
    choices,
    formats,
    one_sentence,
    stated,
    wide_console,
    within,
)
from workbench.files import make_folder
from workbench.finish import finish
from workbench.manifest import this_command


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code is 1 if a chain failed, 2 for bad input."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = _parser()
    asked = parser.parse_args(arguments)
    with one_sentence(parser):
        return _run(asked, arguments)


def _run(asked: argparse.Namespace, arguments: list[str]) -> int:
    """Train, print and draw; the exit code."""
    started = time.time()
    suffixes, where, chains = formats(asked.format), cluster.chosen(asked), _chains(asked)
    folder = Path(asked.out or f"results/generations{'-quick' if asked.quick else ''}")
    make_folder(folder)
    outcome = run(folder, chains=chains, key=asked.key, cluster=where)
    if outcome.rows:
        print_report(wide_console(), outcome.rows)
    return finish(
        outcome,
        folder,
        [folder / f"{TABLE}.csv", *draw(outcome.rows, folder, suffixes)],
        command=this_command("simulations.language.generations", arguments),
        started=started,
    )


def _chains(asked: argparse.Namespace) -> Study:
    """The chains that the options ask for.  Raises ValueError for the first that cannot be."""
    prepared = study.quick() if asked.quick else study.DEFAULT
    kinds = choices("kind", asked.kind, KINDS)
    made = replace(
        prepared,
        chains=tuple(chain for chain in prepared.chains if chain.kind in kinds),
        plan=replace(prepared.plan, **stated(asked, ("seeds", "steps", "epochs"))),
        **stated(asked, ("n", "rounds")),
    )
    if not made.chains:
        raise ValueError(f"kind = {asked.kind}: expected one of the quick run's, replace or accumulate")
    within("key", asked.key, 0, 2**31 - 1)
    within("n", made.n, 2, 10**6)
    within("rounds", made.rounds, 1, 100)
    within("seeds", made.plan.seeds, 2, 999)
    within("steps", made.plan.steps, 1, 10**7)
    within("epochs", made.plan.epochs, 1, 10**6)
    return made


def _parser() -> Parser:
    made = Parser(
        prog="python -m simulations.language.generations", description=__doc__, allow_abbrev=False
    )
    add = made.add_argument
    add("--quick", action="store_true", help="two rounds of small models that learn little")
    add("--kind", default=",".join(KINDS), help=f"among {', '.join(KINDS)} (all)")
    for name, shows in {
        "n": "stories of a round",
        "rounds": "rounds after the first",
        "seeds": "independent chains",
        "steps": "most training steps of a model",
        "epochs": "most passes over its stories",
    }.items():
        add(f"--{name}", type=int, help=shows)
    add("--key", type=int, default=0, help="random key (0)")
    add("--out", metavar="DIR", help="output folder (default: results/generations)")
    add("--format", default="png,pdf", help=f"among {', '.join(FORMATS)} (png,pdf)")
    cluster.flags(made)
    return made


if __name__ == "__main__":
    sys.exit(main())
