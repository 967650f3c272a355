"""A sweep in one process and by one, two and three Dask workers, the last time with one of them killed.

    python -m benchmarks.workers

Wall times, and whether every table is that of one process, byte for byte.  Each run compiles anew, as a
user's does: workers that share the cores of one machine each compile what they need.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from rich.console import Console

from benchmarks.command import parser_of
from benchmarks.kills import SMALL, rows
from workbench.command import number_table, one_sentence
from workbench.compiling import compile_fast

SWEEP = ["--preset", "width", "--format", "png"]


def main(arguments: list[str] | None = None) -> None:
    """Print the table of times; raises AssertionError where tables differ."""
    parser = parser_of("benchmarks.workers", __doc__, "a smaller sweep, and two workers at most")
    options = parser.parse_args(arguments)
    sweep, most = (SMALL, 2) if options.quick else (SWEEP, 3)
    if options.quick:
        compile_fast()
    table = number_table(
        "one sweep", "processes", "seconds", "its table", left=["processes", "its table"]
    )
    with one_sentence(parser, "nothing is kept"), tempfile.TemporaryDirectory() as folder:
        alone = Path(folder) / "alone"
        table.add_row("one, without Dask", f"{timed(sweep, alone):.1f}", "")
        for workers, killed in [*((k, False) for k in range(1, most + 1)), (most, True)]:
            out = Path(folder) / f"{workers}-{killed}"
            seconds = timed([*sweep, "--workers", str(workers)], out, killed)
            same = (out / "sweep.csv").read_bytes() == (alone / "sweep.csv").read_bytes()
            assert same, f"the table of {workers} workers is another"
            name = f"{workers} workers, one killed" if killed else f"{workers} workers"
            table.add_row(name, f"{seconds:.1f}", "the same bytes")
    Console().print(table)


def timed(sweep: list[str], out: Path, kill: bool = False) -> float:
    """Seconds of a sweep, of which one worker is killed once it has rows."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "simulations.sweep", *sweep, "--out", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while kill and process.poll() is None:
        if rows(out):
            workers_of(process.pid)[0].kill()
            kill = False
        time.sleep(0.2)
    code = process.wait()
    assert code == 0, f"{' '.join(command)} ended with exit code {code}"
    assert not kill, "the sweep ended before a worker could be killed"
    return time.perf_counter() - started


def workers_of(pid: int) -> list[psutil.Process]:
    """The processes that Dask has spawned, without the tracker of their resources."""
    children = psutil.Process(pid).children(recursive=True)
    return [child for child in children if any("spawn_main" in word for word in child.cmdline())]


if __name__ == "__main__":
    main()
