"""`collapse-theory PROGRAM ...`: one command for every program of "Strong Model Collapse"."""

import argparse
import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

from workbench.parsing import PROJECT, Parser, extra, one_sentence

COMMAND = "collapse-theory"


class Program(NamedTuple):
    """A program: the module whose `main` it is, the extra with its libraries, what it does."""

    module: str
    extra: str
    does: str


PROGRAMS = {
    "sweep": Program("simulations.sweep", "simulate", "theory and simulation side by side over a grid"),
    "mnist": Program("simulations.mnist", "mnist", "models of images, some of them labelled by a model"),
    "language": Program("simulations.language", "language", "GPT-2 models of stories, some by a model"),
    "forecast": Program("simulations.forecast", "forecast", "will these synthetic rows help my model?"),
    "figures": Program("figures", "figures", "every figure, simulated points on the theory's lines"),
    "derivations": Program("derivations", "derivations", "the formulas proved, every step checked"),
}


def main(arguments: list[str] | None = None) -> int:
    """Hand the arguments over to the program that the first one names; its exit code.

    2 for a name that there is not, and for a program whose libraries are not installed.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = _parser()
    name = parser.parse_args(arguments[:1]).program
    if name is None:
        parser.error(f"expected a program: {', '.join(PROGRAMS)}; --help says what each does")
    program = PROGRAMS[name]
    with one_sentence(parser), extra(program.extra):
        module = import_module(f"{program.module}.__main__")
    Parser.typed = f"{COMMAND} {name}"
    return module.main(arguments[1:])


def _parser() -> Parser:
    parser = Parser(
        prog=COMMAND,
        usage="%(prog)s PROGRAM [ARGUMENTS]",
        description=__doc__,
        epilog="\n".join(
            [
                "programs:",
                *(f"  {name:14}{program.does}" for name, program in PROGRAMS.items()),
                "",
                f"{COMMAND} PROGRAM --help shows the arguments of a program.",
            ]
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "program", metavar="PROGRAM", nargs="?", type=_program, help="one of those below"
    )
    parser.add_argument("--version", action="version", version=f"{COMMAND} {_version()}")
    return parser


def _program(text: str) -> str:
    if text not in PROGRAMS:
        raise argparse.ArgumentTypeError(f"{text!r}: expected one of {', '.join(PROGRAMS)}")
    return text


def _version() -> str:
    """That of the installed package; importing the theory for it would take seconds."""
    try:
        return version(PROJECT)
    except PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    sys.exit(main())
