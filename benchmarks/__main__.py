"""`python -m benchmarks`: ours and its peers side by side, as a table, a CSV file and a picture."""

import argparse
import csv
import os
import platform
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks import floor, precision, simulation, theory
from benchmarks.floor import Fact
from benchmarks.picture import draw
from benchmarks.rows import Row
from workbench.command import choices, number_table, wide_console
from workbench.files import atomic_write
from workbench.manifest import this_command, write_manifest

SECTIONS: dict[str, Any] = {"theory": theory, "simulation": simulation, "precision": precision}


def main(arguments: list[str] | None = None) -> None:
    """Run the sections asked for; what is measured is on disk after each of them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--sections", default=",".join([*SECTIONS, "floor"]), metavar="LIST")
    parser.add_argument("--quick", action="store_true", help="one or two small sizes of each")
    parser.add_argument("--out", default="results/benchmarks", metavar="DIR")
    options = parser.parse_args(arguments)
    try:
        chosen = choices("sections", options.sections, [*SECTIONS, "floor"])
    except ValueError as error:
        parser.exit(2, f"{parser.prog}: {error}\n")
    folder, started = Path(options.out), time.time()
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    for name, section in SECTIONS.items():
        if name in chosen:
            rows += section.rows(options.quick)
            _write(folder / "peers.csv", Row._fields, rows)
    if rows:
        _print(rows)
        draw(rows, folder / "peers.png")
    if "floor" in chosen:
        facts = list(floor.rows(options.quick))
        _write(folder / "floor.csv", Fact._fields, facts)
        table = number_table("what the machine does", *Fact._fields, left="what")
        for fact in facts:
            table.add_row(fact.what, fact.size, f"{fact.value:.4g}", fact.unit)
        wide_console().print(table)
    write_manifest(
        folder / "manifest.json",
        started,
        this_command("benchmarks", arguments or []),
        sections=chosen,
        processor=platform.processor() or platform.machine(),
        cores=len(os.sched_getaffinity(0)),
    )


def _print(rows: list[Row]) -> None:
    for section in dict.fromkeys(row.section for row in rows):
        table = number_table(
            section, "size", "contender", "time", "quartiles", "over ours", "quartiles", ""
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
        wide_console().print(table)


def _write(path: Path, header: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    def write(partial: Path) -> None:
        with open(partial, "w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([list(header), *map(list, rows)])

    atomic_write(path, write)


if __name__ == "__main__":
    main()
