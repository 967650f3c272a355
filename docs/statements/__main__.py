"""`python -m docs.statements`: compute the numbers and write docs/STATEMENTS.md."""

import sys

from docs.statements import page
from workbench.command import Parser, one_sentence


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = Parser(prog="python -m docs.statements", description=__doc__, allow_abbrev=False)
    parser.parse_args(arguments)
    with one_sentence(parser, "the page is as it was"):
        page.write()
    print(page.PAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
