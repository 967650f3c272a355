"""Real Dask processes on this machine: same rows, deaths of workers, a scheduler that is lost."""

import argparse
import socket
import subprocess
import sys
import threading
import time

import pytest

from tests.workbench.jobs import deadly, fatal, sevenths_jobs, slow
from workbench import cluster
from workbench.cluster import Cluster
from workbench.job import Job
from workbench.run import run
from workbench.store import Store

pytestmark = pytest.mark.filterwarnings("default")  # of Dask, about ports and loops
DASK = [sys.executable, "-m", "distributed.cli.dask_"]


def test_workers_give_the_rows_of_one_process(tmp_path):
    alone, shared = (
        run(sevenths_jobs(range(6), tmp_path / f"{name}-calls"), tmp_path / name, where)
        for name, where in (("alone", None), ("shared", Cluster(workers=2)))
    )
    assert shared.rows == alone.rows
    assert shared.failed == alone.failed == {"job 3": "three is odd"}
    assert shared.facts == alone.facts
    again = run(sevenths_jobs(range(6), tmp_path / "shared-calls"), tmp_path / "shared")
    assert again.reused == 10


def test_jobs_of_a_dead_worker_are_done_by_the_others(tmp_path):
    mark = str(tmp_path / "mark")
    jobs = [Job(f"job {x}", [{"x": x}], deadly, (x, mark)) for x in range(5)]
    jobs.append(Job("hopeless", [{"x": -1}], fatal))
    outcome = run(jobs, tmp_path, Cluster(workers=2))
    assert (tmp_path / "mark").exists()
    assert [row["y"] for row in outcome.rows] == [x / 7 for x in range(5)]
    assert outcome.failed == {"hopeless": "every worker that tried it died, perhaps for want of memory"}


def test_a_lost_scheduler_ends_the_run_and_what_was_done_is_kept(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    port = address.rpartition(":")[2]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    scheduler = subprocess.Popen(
        [*DASK[:-1], f"{DASK[-1]}scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard"],
        **quiet,
    )
    worker = subprocess.Popen(
        [*DASK[:-1], f"{DASK[-1]}worker", address, "--nthreads", "1", "--no-dashboard"], **quiet
    )
    jobs = [Job(f"job {x}", [{"x": x}], slow, (x,)) for x in range(200)]

    def kill_when_it_works():
        with Store(tmp_path) as store:
            while not store.get("job", jobs[0].inputs):
                time.sleep(0.05)
        scheduler.kill()

    threading.Thread(target=kill_when_it_works, daemon=True).start()
    try:
        with pytest.raises(ConnectionError, match=r"^the scheduler of the cluster is lost$"):
            run(jobs, tmp_path, Cluster(scheduler=address))
    finally:
        for process in (scheduler, worker):
            process.kill()
            process.wait()
    assert run(jobs[:1], tmp_path).reused > 0


def test_no_scheduler_there(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT", 1)
    with pytest.raises(ValueError, match=r"^scheduler = tcp://127.0.0.1:9: no Dask scheduler"):
        run([Job("a", [{"x": 1}], slow, (1,))], tmp_path, Cluster(scheduler="tcp://127.0.0.1:9"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--workers 0", "workers = 0: expected between 1 and 1000"),
        ("--workers 2 --scheduler tcp://a:1", "--workers and --scheduler: expected one of them"),
    ],
)
def test_wrong_flags(arguments, message):
    parser = argparse.ArgumentParser()
    cluster.flags(parser)
    with pytest.raises(ValueError, match=message):
        cluster.chosen(parser.parse_args(arguments.split()))
    assert cluster.chosen(parser.parse_args([])) is None
