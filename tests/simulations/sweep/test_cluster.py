"""Real processes on this machine that share a sweep: the same table, and what a kill leaves."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simulations.folder import alone
from simulations.sweep.__main__ import _parser, main

ROOT = Path(__file__).parent.parent.parent
# The last n is too large for this law of features: a simulation that fails.
SMALL = ["--d", "8", "--n", "20:60:3,1e12", "--noise", "0,0.1", "--synthetic-fraction", "0,0.25"]
SMALL += ["--seeds", "4", "--features", "rademacher", "--format", "png"]
LONG = ["--d", "8", "--n", "20:259:240", "--seeds", "4", "--format", "png"]
PROGRAM = [sys.executable, "-m", "simulations.sweep"]
SLURM = [f"SLURM_{name}" for name in ("JOB_ID", "STEP_NODELIST", "NTASKS", "PROCID", "LOCALID")]
SLURM += ["JAX_COORDINATOR_PORT"]
CLUSTERS = ("SLURM", "OMPI", "JAX_COORD", "KUBERNETES", "TPU", "CLOUD_TPU")
ENVIRONMENT = {name: text for name, text in os.environ.items() if not name.startswith(CLUSTERS)}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The table of one undisturbed process."""
    folder = tmp_path_factory.mktemp("whole")
    assert main([*LONG, "--out", str(folder)]) == 0
    return (folder / "sweep.csv").read_bytes()


def start(*commands, slurm=False):
    """One process for each of these lists of arguments; flags or what Slurm sets bring them together."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    processes = []
    for i, arguments in enumerate(commands):
        values = ["1", "localhost", str(len(commands)), str(i), str(i), port]
        where = ["--coordinator", f"localhost:{port}", "--processes", values[2], "--process", str(i)]
        process = subprocess.Popen(
            [*PROGRAM, "--distributed", *([] if slurm else where), *arguments],
            cwd=ROOT,
            env=ENVIRONMENT | (dict(zip(SLURM, values, strict=True)) if slurm else {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
    return processes


def ends(processes, within):
    """Exit codes, stdout and last lines of stderr of processes that end within so many seconds."""
    deadline = time.monotonic() + within
    try:
        said = [process.communicate(timeout=deadline - time.monotonic()) for process in processes]
    finally:
        for process in processes:
            process.kill()
    errors = [error for _, error in said]
    assert "Traceback" not in "".join(errors)
    last = [error.splitlines()[-1] if error else "" for error in errors]
    return [process.returncode for process in processes], [output for output, _ in said], last


def test_two_processes_give_the_table_of_one(tmp_path):
    whole, both = tmp_path / "whole", tmp_path / "both"
    assert main([*SMALL, "--out", str(whole)]) == 1
    assert main([*SMALL, "--n", "40", "--out", str(both)]) == 0  # what an earlier run has left
    codes, outputs, last = ends(start(*2 * [[*SMALL, "--out", str(both)]], slurm=True), within=300)
    assert codes == [1, 1]
    assert "FAILED n=1000000000000" in outputs[0]
    assert outputs[1] == ""
    assert "python -m" not in last[1]
    assert (both / "sweep.csv").read_bytes() == (whole / "sweep.csv").read_bytes()
    assert {path.name for path in both.iterdir()} == {path.name for path in whole.iterdir()}
    manifest = json.loads((both / "manifest.json").read_text())
    assert (
        manifest["device"]["count"]
        == 2 * json.loads((whole / "manifest.json").read_text())["device"]["count"]
    )


@pytest.mark.parametrize(("size", "victim"), [(3, 2), (2, 0)])
def test_survivors_of_a_kill_say_so_and_a_rerun_goes_on(tmp_path, whole, size, victim):
    killed = tmp_path / "killed"
    processes = start(*size * [[*LONG, "--out", str(killed)]])
    table, deadline = killed / "sweep.csv", time.monotonic() + 300
    while not (table.exists() and table.read_bytes().count(b"\n") > 4):
        assert time.monotonic() < deadline
        assert all(process.poll() is None for process in processes)
        time.sleep(0.05)
    processes[victim].kill()
    codes, outputs, last = ends(processes, within=60)
    assert codes == [-signal.SIGKILL if i == victim else 1 for i in range(size)]
    assert set(outputs) == {""}
    message = f"process {victim} of {size} is gone or does not answer; rows so far are in {killed}; "
    message = f"python -m simulations.sweep: {message}run the same command again to go on"
    assert [line for i, line in enumerate(last) if i != victim] == [message] * (size - 1)
    rows = set(table.read_bytes().splitlines())
    assert main([*LONG, "--out", str(killed)]) == 0
    assert table.read_bytes() == whole
    assert rows <= set(whole.splitlines())
    assert json.loads((killed / "manifest.json").read_text())["rows_reused"] == len(rows) - 1


def test_a_folder_in_use_stops_all(tmp_path):
    with alone(tmp_path):
        codes, _, last = ends(start(*2 * [[*SMALL, "--out", str(tmp_path)]]), within=120)
    assert codes == [2, 2]
    assert "another process is writing there" in last[0]
    assert last[1] == "python -m simulations.sweep: process 0 of 2 ended early, and says why"


def test_processes_with_different_arguments_stop(tmp_path):
    mine = [*LONG, "--out", str(tmp_path)]
    codes, _, last = ends(start(mine, [*mine, "--seeds", "5"]), within=120)
    assert codes == [1, 2]
    assert "process 1 of 2 is gone" in last[0]
    assert "process 0 has other arguments" in last[1]


def test_no_cluster():
    run = subprocess.run([*PROGRAM, "--distributed"], cwd=ROOT, env=ENVIRONMENT, capture_output=True)
    assert run.returncode == 2
    assert run.stderr.count(b"\n") == 1
    assert b"no cluster found; expected --coordinator, --processes, --process" in run.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--process 0", "expected --distributed with them"),
        ("--distributed --process 0", "expected all of them or none"),
        ("--distributed --coordinator here --processes 2 --process 0", "here: expected HOST:PORT"),
        ("--distributed --coordinator a:1 --processes 2 --process 2", "process = 2: expected a whole"),
        ("--distributed --coordinator a:1 --processes x --process 0", "invalid int value: 'x'"),
        ("--distributed --preset nothing", "preset = 'nothing': expected one of"),
    ],
)
def test_wrong_flags(capsys, arguments, message):
    with pytest.raises(SystemExit) as stopped:
        main(arguments.split())
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error


def test_commands_of_the_page_parse():
    page = (ROOT / "docs" / "clusters.md").read_text().replace("\\\n", " ")
    commands = re.findall(r"python -m simulations\.sweep ([^'#\n]*)", page)
    assert len(commands) > 4
    for command in commands:
        values = re.sub(r"\$\w+", "1", command)
        assert _parser().parse_args(shlex.split(values)).preset
