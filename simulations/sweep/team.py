"""What the processes of a run say to each other, and who computes what.

All of it goes through the key-value store of `jax.distributed`'s coordinator, process 0, not through
collectives between devices: rows arrive one by one, nobody waits in step with the slowest, and CPUs,
GPUs and TPUs are all the same.
"""

import itertools
import json
import os
import sys
import threading
import time
import traceback
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import jax
from jax._src.distributed import global_state  # its store has no public name

from simulations.sweep.rows import Job, results
from simulations.table import Row

BEAT, SILENCE = 1, 10  # seconds between two signs of life, and without one until a process is gone
# JAX's own signs of life, of native threads, for when process 0 does not look at those above.
NATIVE_SILENCE = 30
POLL = 0.2


class GoneError(Exception):
    """Another process has ended or does not answer."""


class Team:
    """The processes of a run, seen from one of them: process 0 has the folder and the terminal."""

    def __init__(self, index: int, size: int, kept: str):
        self.index, self.size, self.kept = index, size, kept
        self.store: Any = global_state.client
        threading.Thread(target=self._beat, daemon=True).start()

    def share(self, todo: list[Job], memory: float) -> Iterator[list[Row]]:
        """The rows of every job, as they arrive at process 0.  Raises GoneError."""
        self._put("todo", [[_name(job) for job in todo], _fingerprint(todo)])
        mine = todo[:: self.size]
        threading.Thread(target=self._compute, args=(mine, memory), daemon=True).start()
        heard = dict.fromkeys(range(1, self.size), time.monotonic())
        beats: dict[str, Any] = {}
        left = len(todo)
        while left:
            time.sleep(POLL)
            for key, rows in self._all("rows").items():
                self._ask("key_value_delete", f"rows/{key}")
                left -= 1
                yield rows
            latest = self._all("beat")
            heard |= {i: time.monotonic() for i in heard if latest.get(str(i)) != beats.get(str(i))}
            beats = latest
            gone = {i for i, when in heard.items() if time.monotonic() - when > SILENCE}
            gone |= {int(key) for key in self._all("left")}
            if left and gone:
                raise GoneError(self.gone(*sorted(gone)))

    def help(self, jobs: Callable[[], list[Job]], memory: float) -> NoReturn:
        """Compute this process's share of what process 0 asks for, until process 0 ends.

        `jobs` are all that there are.  Raises ValueError if they are not those of process 0.
        """
        wanted, fingerprint = json.loads(self._ask("blocking_key_value_get", "todo", 2**31 - 1))
        known = {_name(job): job for job in jobs()}
        todo = [known[name] for name in wanted if name in known]
        if _fingerprint(todo) != fingerprint:
            raise ValueError("process 0 has other arguments, or another version of this program")
        self._compute(todo[self.index :: self.size], memory)
        while True:
            time.sleep(BEAT)

    def leave(self, code: int, reason: str = "") -> NoReturn:
        """End this process; process 0 ends the others first, who would take its end for a failure."""
        sys.stdout.flush()
        self._put(f"left/{self.index}", code)
        if self.index == 0:
            self._put("end/0", [code, reason])
            deadline = time.monotonic() + 3 * BEAT
            while len(self._all("left")) < self.size and time.monotonic() < deadline:
                time.sleep(POLL)
            time.sleep(POLL)
        os._exit(code)  # JAX would wait, at exit, for processes that are gone

    def gone(self, *others: int) -> str:
        """What is said when other processes are gone."""
        names = " and ".join(map(str, others))
        does = "is gone or does not answer" if len(others) == 1 else "are gone or do not answer"
        return f"process {names} of {self.size} {does}; {self.kept}"

    def _compute(self, jobs: list[Job], memory: float) -> None:
        """Compute these jobs and send their rows."""
        try:
            for job in jobs:
                self._put(f"rows/{_name(job)}", results(job, memory, lambda seeds: None))
        except Exception:  # a fault of this program: rows have a status for all that can be expected
            traceback.print_exc()
            self.leave(1, f"process {self.index} of {self.size} failed; {self.kept}")

    def _beat(self) -> None:
        for beat in itertools.count():
            self._put(f"beat/{self.index}", beat)
            for code, reason in self._all("end").values() if self.index else ():
                if reason:
                    print(f"python -m simulations.sweep: {reason}", file=sys.stderr, flush=True)
                self.leave(code)
            time.sleep(BEAT)

    def _put(self, key: str, value: Any) -> None:
        self._ask("key_value_set", key, json.dumps(value), allow_overwrite=True)

    def _all(self, folder: str) -> dict[str, Any]:
        found = self._ask("key_value_dir_get", f"{folder}/")
        return {key.removeprefix(f"{folder}/"): json.loads(text) for key, text in found}

    def _ask(self, what: str, *arguments: Any, **options: Any) -> Any:
        try:
            return getattr(self.store, what)(*arguments, **options)
        except jax.errors.JaxRuntimeError:  # no coordinator: JAX is about to end this process
            time.sleep(NATIVE_SILENCE)
            raise


def _name(job: Job) -> str:
    return job.rows[0]["key"]


def _fingerprint(jobs: list[Job]) -> int:
    """A number that is the same where jobs, their rows' inputs and the code are."""
    return zlib.crc32(json.dumps([job.rows for job in jobs]).encode())
