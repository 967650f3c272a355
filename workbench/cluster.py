"""Jobs on a Dask cluster: worker processes on this machine, or any scheduler that is told."""

import argparse
import logging
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from workbench.fingerprint import fingerprint
from workbench.job import Done, Job, attempt
from workbench.parsing import installing

CONNECT = 30  # seconds to wait for a scheduler


@dataclass(frozen=True)
class Cluster:
    """Where jobs are done: `workers` local processes, or the Dask scheduler at an address."""

    workers: int | None = None
    scheduler: str | None = None

    def ended(self, jobs: list[Job]) -> Iterator[tuple[Job, Done]]:
        """Jobs as they end.

        Those of a worker that dies are done by the others.  Raises ValueError where there is no such
        cluster, and ConnectionError when its scheduler is lost.
        """
        with ExitStack() as held:
            client = held.enter_context(_client(self))
            from distributed import as_completed

            futures = {}
            for job in jobs:
                code = fingerprint(job.work.__module__)
                futures[client.submit(_attempt, job, code, pure=False)] = job
            for future in as_completed(futures):
                yield futures.pop(future), _result(future)


def flags(parser: argparse.ArgumentParser) -> None:
    """Add the options that name a cluster."""
    group = parser.add_argument_group("several processes (docs/clusters.md)")
    group.add_argument("--workers", type=int, metavar="N", help="share the work among N processes here")
    group.add_argument(
        "--scheduler", metavar="tcp://HOST:PORT", help="share it among the workers of a Dask cluster"
    )


def chosen(options: argparse.Namespace) -> Cluster | None:
    """The cluster that the options name, None for this process alone.  Raises ValueError."""
    workers, scheduler = options.workers, options.scheduler
    if workers is None and scheduler is None:
        return None
    if workers is not None and scheduler is not None:
        raise ValueError("--workers and --scheduler: expected one of them")
    if workers is not None and not 1 <= workers <= 1000:
        raise ValueError(f"workers = {workers}: expected between 1 and 1000")
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise ValueError(f"--workers, --scheduler: expected `{installing('cluster')}` first") from None
    return Cluster(workers, scheduler)


@contextmanager
def _client(cluster: Cluster) -> Iterator[Any]:
    import dask
    from distributed import Client, LocalCluster

    # Its warnings are many lines about what ends in one sentence of ours.
    for name in ("distributed", "distributed.nanny", "distributed.client", "asyncio", "tornado"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with ExitStack() as held:
        if cluster.scheduler is None:
            # A worker has one job at a time, with as much of the machine as JAX takes, and none in
            # waiting, which would be blamed with it when the worker dies.
            held.enter_context(dask.config.set({"distributed.scheduler.worker-saturation": 1.0}))
            local = LocalCluster(
                n_workers=cluster.workers,
                threads_per_worker=1,
                memory_limit=0,
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
            )
            address: Any = held.enter_context(local)
        else:
            address = cluster.scheduler
        try:
            client = held.enter_context(Client(address, timeout=CONNECT))
        except (OSError, ValueError, TimeoutError) as error:
            reason = " ".join(str(error).split())[:200]
            raise ValueError(f"scheduler = {cluster.scheduler}: no Dask scheduler ({reason})") from None
        print(f"dashboard of the workers: {client.dashboard_link}", file=sys.stderr)
        yield client


def _attempt(job: Job, code: str) -> Done:
    """`attempt`, by a worker.  Raises RuntimeError if it has other code than who asks."""
    mine = fingerprint(job.work.__module__)
    if mine != code:
        raise RuntimeError(f"a worker has another version of this program ({mine}, not {code})")
    return attempt(job, lambda share: None)


def _result(future: Any) -> Done:
    from distributed import KilledWorker
    from distributed.client import FutureCancelledError
    from distributed.comm import CommClosedError

    try:
        return future.result()
    except KilledWorker:
        return Done(None, "every worker that tried it died, perhaps for want of memory", 0.0)
    except (FutureCancelledError, CommClosedError) as error:
        raise ConnectionError("the scheduler of the cluster is lost") from error
