"""`python -m simulations.language.frozen`: trained networks, and readouts of their hidden states."""

import argparse
import sys
import time
from pathlib import Path

from simulations.language.frozen.picture import draw
from simulations.language.frozen.plan import DEFAULT, Plan, quick
from simulations.language.frozen.report import print_report
from simulations.language.frozen.run import TABLE, run
from simulations.mix import synthetic_count
from workbench import cluster
from workbench.command import FORMATS, Parser, formats, one_sentence, wide_console, within
from workbench.files import make_folder
from workbench.finish import finish
from workbench.manifest import this_command
from workbench.values import parse_values


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code is 1 if a network could not be trained, 2 for bad input."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = Parser(
        prog="python -m simulations.language.frozen", description=__doc__, allow_abbrev=False
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="two networks that hardly learn")
    add("--key", type=int, default=0, help="random key of networks and stories (0)")
    add("--out", metavar="DIR", help="output folder (default: results/frozen)")
    add("--format", default="png,pdf", help=f"among {', '.join(FORMATS)} (png,pdf)")
    cluster.flags(parser)
    fields = parser.add_argument_group("in place of the plan's own")
    fields.add_argument("--synthetic-fraction", metavar="VALUES", help="parts that are synthetic")
    fields.add_argument("--networks", type=int, help="of each fraction, independent of each other")
    fields.add_argument("--stories", type=int, help="stories that a network learns from")
    fields.add_argument("--steps", type=int, help="its training steps, a multiple of 50")
    fields.add_argument("--learning-rate", type=float, help="the peak of its learning rate")
    asked = parser.parse_args(arguments)
    with one_sentence(parser):
        return _run(asked, arguments)


def plan_of(asked: argparse.Namespace) -> Plan:
    """The plan that the options ask for.  Raises ValueError for the first that cannot be."""
    plan = quick() if asked.quick else DEFAULT
    within("key", asked.key, 0, 2**31 - 1)
    network, recipe = plan.network, plan.recipe
    if asked.networks is not None:
        within("networks", asked.networks, 1, 100)
        plan = plan._replace(networks=asked.networks)
    if asked.stories is not None:
        within("stories", asked.stories, 1, plan.author.written - 2)
        network = network._replace(stories=asked.stories)
    if asked.steps is not None:
        within("steps", asked.steps, 1, 10**6)
        network = network._replace(steps=asked.steps)
    if asked.learning_rate is not None:
        within("learning_rate", asked.learning_rate, 1e-9, 1.0)
        recipe = recipe._replace(learning_rate=asked.learning_rate)
    if asked.synthetic_fraction is not None:
        values = parse_values("synthetic_fraction", asked.synthetic_fraction, whole=False)
        fractions = sorted({0.0, *(value for value in values if value is not None)})
        for fraction in fractions:
            within("synthetic_fraction", fraction, 0, 1)
        plan = plan._replace(fractions=tuple(fractions))
    for fraction in plan.fractions:
        if fraction and not synthetic_count(fraction, min(plan.sizes)):
            within("synthetic_fraction", fraction, 1 / min(plan.sizes), 1)
    return plan._replace(network=network, recipe=recipe)


def _run(asked: argparse.Namespace, arguments: list[str]) -> int:
    """Compute, print and draw; the exit code."""
    started = time.time()
    suffixes, where, plan = formats(asked.format), cluster.chosen(asked), plan_of(asked)
    folder = Path(asked.out or f"results/frozen{'-quick' if asked.quick else ''}")
    make_folder(folder)
    outcome = run(folder, plan=plan, key=asked.key, cluster=where)
    if outcome.rows:
        print_report(wide_console(), outcome.rows)
    return finish(
        outcome,
        folder,
        [folder / f"{TABLE}.csv", *draw(outcome.rows, folder, suffixes)],
        command=this_command("simulations.language.frozen", arguments),
        started=started,
    )


if __name__ == "__main__":
    sys.exit(main())
