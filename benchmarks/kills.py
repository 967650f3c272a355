"""Kills of a sweep at random moments: nothing is lost, and it ends where an uninterrupted one does.

    python -m benchmarks.kills

A process that computes a small sweep is killed (SIGKILL) at a uniformly random moment of its life,
from the start of Python to the picture, and started again on what it left, until so many kills have
been delivered.  Whenever one completes, its table must be that of an uninterrupted run, byte for byte,
and the next starts on an empty folder.  After each kill every row that was in the store is still there,
is a row of the uninterrupted one, and every file is whole.
"""

import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from benchmarks.command import parser_of
from workbench.command import one_sentence
from workbench.compiling import compile_fast

KILLS, QUICK = 100, 3
# Sixty simulations of two rows each, which take about as long as all the rest.
SWEEP = ["--d", "12", "--n", "20:200:30", "--synthetic-fraction", "0,0.25", "--noise", "0,0.1"]
SWEEP += ["--seeds", "500", "--format", "png"]
# A few rows, for a quick run.
SMALL = ["--d", "8", "--n", "20:60:3", "--seeds", "4", "--format", "png"]
PHASES = ("before its first row", "between rows", "after its last row")
FILES = {"results.sqlite", "sweep.csv", "sweep.png", "manifest.json"}
FILES |= {"sweep.parquet"} if find_spec("pyarrow") else set()
# SQLite's own: a journal whose writer was killed before it held anything stays until the next write.
JOURNAL = "results.sqlite-journal"


def main(arguments: list[str] | None = None) -> None:
    """Print how many kills fell where; raises AssertionError if something was lost."""
    parser = parser_of("benchmarks.kills", __doc__, f"{QUICK} kills of a smaller sweep")
    parser.add_argument("--kills", type=int, help=f"how many ({KILLS}, quick {QUICK})")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (0)")
    options = parser.parse_args(arguments)
    kills, sweep = (QUICK, SMALL) if options.quick else (KILLS, SWEEP)
    kills = kills if options.kills is None else options.kills
    if options.quick:
        compile_fast()  # the sweeps that are started
    with one_sentence(parser, "nothing is kept"):
        if kills < 1:
            raise ValueError(f"kills = {kills}: expected at least 1")
        with tempfile.TemporaryDirectory() as folder:
            print(survive(Path(folder), kills, options.seed, sweep))


def survive(folder: Path, kills: int, seed: int, sweep: list[str] = SWEEP) -> str:
    """Deliver the kills; one line that says how many fell in which phase of a process's life."""
    started, rng = time.time(), random.Random(seed)
    compiled = folder / "compiled"
    finish(sweep, folder / "cold", compiled)  # fills the cache of compiled programs
    begun = time.time()
    finish(sweep, folder / "whole", compiled)
    life = time.time() - begun
    whole, table = rows(folder / "whole"), (folder / "whole" / "sweep.csv").read_bytes()
    phases: Counter[str] = Counter()
    completed = 0
    while True:
        out = folder / f"killed-{completed}"
        while sum(phases.values()) < kills:
            before = rows(out)
            if not killed(sweep, out, compiled, rng.uniform(0, life)):
                break
            after = rows(out)
            check_files(out)
            assert before.items() <= after.items(), f"rows were lost in {out}"
            assert after.items() <= whole.items(), f"a row in {out} is no row"
            phases[PHASES[2 if len(after) == len(whole) else 1 if len(after) > len(before) else 0]] += 1
        finish(sweep, out, compiled)
        assert (out / "sweep.csv").read_bytes() == table, f"{out} ended in another table"
        files = {path.name for path in out.iterdir() if ".partial" not in path.name} - {JOURNAL}
        assert files == FILES, f"{out} has {sorted(files)}, not {sorted(FILES)}"
        completed += 1
        if sum(phases.values()) == kills:
            break
    where = ", ".join(f"{phases[phase]} {phase}" for phase in PHASES)
    return (
        f"{kills} kills ({where} of a process; undisturbed it lives {life:.1f} s), {completed} sweeps "
        f"completed, every table equal to the uninterrupted one, {time.time() - started:.0f} s"
    )


def start(sweep: list[str], out: Path, compiled: Path) -> subprocess.Popen[bytes]:
    """The sweep in a process of its own; what it has compiled is compiled once."""
    cache = {
        "JAX_COMPILATION_CACHE_DIR": str(compiled),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }
    command = [sys.executable, "-m", "simulations.sweep", *sweep, "--out", str(out)]
    return subprocess.Popen(
        command,
        env=os.environ | cache,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parent.parent,
    )


def finish(sweep: list[str], out: Path, compiled: Path) -> None:
    """Run the sweep to its end."""
    code = start(sweep, out, compiled).wait()
    assert code == 0, f"the sweep on {out} ended with exit code {code}"


def killed(sweep: list[str], out: Path, compiled: Path, seconds: float) -> bool:
    """Whether the sweep still ran after so many seconds, and was killed."""
    process = start(sweep, out, compiled)
    try:
        code = process.wait(timeout=seconds)
        assert code == 0, f"the sweep on {out} ended with exit code {code}"
        return False
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True


def rows(out: Path) -> dict[str, str]:
    """The results in a store by their inputs, whatever process has it open."""
    path = out / "results.sqlite"
    if not path.exists():
        return {}
    with closing(sqlite3.connect(path, timeout=60)) as database:
        tables = database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        select = "SELECT question, answer FROM answers WHERE kind = 'row'"
        return dict(database.execute(select).fetchall()) if tables else {}


def check_files(out: Path) -> None:
    """Every file under its name is whole."""
    for path in out.glob("[!.]*.csv"):
        table = path.read_bytes().split(b"\n")
        assert table[-1] == b"", f"{path} is cut"
        assert len({line.count(b",") for line in table[:-1]}) == 1, f"a row of {path} is too short"
    for path in out.glob("[!.]*.json"):
        json.loads(path.read_text())
    for path in out.glob("[!.]*.png"):
        assert path.read_bytes().endswith(b"IEND\xaeB`\x82"), f"{path} is cut"


if __name__ == "__main__":
    main()
