"""`python -m benchmarks`: ours and its peers side by side, as a table, a CSV file and a picture."""

import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import cost, floor, precision, simulation, theory
from benchmarks.command import KEPT, OUT, parser_of, print_facts, write_facts
from benchmarks.picture import draw
from benchmarks.rows import Row
from workbench.command import choices, number_table, one_sentence, wide_console
from workbench.compiling import compile_fast
from workbench.files import make_folder
from workbench.manifest import this_command, write_manifest
from workbench.records import write_table

PEERS: dict[str, Any] = {"theory": theory, "simulation": simulation, "precision": precision}
SECTIONS = [*PEERS, "cost", "floor"]
WIDTH = 180  # of the table of the time to precision
LEFT = ["size", "contender", "note"]
QUICK = "a trial at small sizes: whether everything runs; its times mean nothing"


def main(arguments: list[str] | None = None) -> None:
    """Run the sections asked for; what is measured is on disk after each of them."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = parser_of("benchmarks", __doc__, QUICK)
    everything = ",".join(SECTIONS)
    parser.add_argument("--sections", default=everything, metavar="LIST", help=f"among {everything}")
    parser.add_argument("--out", default=OUT, metavar="DIR", help=f"output folder ({OUT})")
    options = parser.parse_args(arguments)
    with one_sentence(parser, KEPT):
        chosen, folder = choices("sections", options.sections, SECTIONS), Path(options.out)
        make_folder(folder)
        if options.quick:
            compile_fast()
        started = time.time()
        run(chosen, folder, options.quick)
        write_manifest(
            folder / "manifest.json",
            started,
            this_command("benchmarks", arguments),
            sections=chosen,
            processor=platform.processor() or platform.machine(),
            cores=len(os.sched_getaffinity(0)),
        )


def run(chosen: list[str], folder: Path, quick: bool) -> None:
    """Measure, print, write and draw these sections."""
    rows: list[Row] = []
    for name, section in PEERS.items():
        if name in chosen:
            rows += section.rows(quick)
            write_table(folder, "peers", Row._fields, [row._asdict() for row in rows])
    if rows:
        _print(rows)
        draw(rows, folder / "peers.png")
    if "cost" in chosen:
        costs = list(cost.rows(quick))
        write_table(folder, "cost", cost.Cost._fields, [row._asdict() for row in costs])
        cost.draw(costs, folder)
    if "floor" in chosen:
        facts = list(floor.rows(quick))
        print_facts("what the machine does", facts)
        write_facts(folder, "floor", facts)


def _print(rows: list[Row]) -> None:
    for section in dict.fromkeys(row.section for row in rows):
        table = number_table(
            section,
            "size",
            "contender",
            "time",
            "quartiles",
            "over ours",
            "quartiles",
            "note",
            left=LEFT,
        )
        for row in rows:
            if row.section == section:
                table.add_row(
                    row.size,
                    row.contender,
                    f"{row.seconds:.3g}",
                    f"{row.seconds_low:.3g} .. {row.seconds_high:.3g}",
                    f"{row.ratio:.3g}",
                    f"{row.ratio_low:.3g} .. {row.ratio_high:.3g}",
                    row.note,
                )
        wide_console(WIDTH).print(table)


if __name__ == "__main__":
    main()
