"""A process that watches its child: JAX ends a process that lost the others, past all of Python."""

import os
import re
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from typing import NoReturn

# What native code logs before it ends the process: many lines, replaced by one.
LOST = re.compile(r"^[EFW]\d{4} .*\b(coordination_service|preemption_sync|client\.h)")

Tell = Callable[[str], object]


def supervised(prog: str, kept: str, work: Callable[[Tell], int]) -> int:
    """The exit code of `work`, run in a child process; 1 and one line on stderr if a signal ended that.

    `work` is given a function to say what the line shall be if JAX ends it for want of the others, and
    `kept` tells the user how to go on.  Neither process outlives the other.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    reader, writer = os.pipe()
    ours, theirs = socket.socketpair()
    # Nothing has been computed yet, so that there are no threads of JAX that a fork would lose.
    child = os.fork()
    if not child:
        ours.close()
        os.close(reader)
        _work(work, theirs, writer)
    theirs.close()
    os.close(writer)
    # Both processes get a terminal's Ctrl-C, and the child acts on it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
    held: list[str] = []
    with open(reader, errors="replace") as log:
        for line in log:
            if held or LOST.search(line):
                held.append(line)
            else:
                sys.stderr.write(line)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    words = ours.recv(1 << 16).decode().splitlines()
    if code == -signal.SIGABRT and held and words:
        sys.stderr.write(f"{prog}: {words[-1]}\n")
        return 1
    sys.stderr.writelines(held)
    if code < 0:
        name = signal.Signals(-code).name
        sys.stderr.write(f"{prog}: {name} ended this process; {kept}\n")
        return 1
    return code


def _work(work: Callable[[Tell], int], supervisor: socket.socket, log: int) -> NoReturn:
    """Run `work` in the child, what native code writes on stderr going to `log`."""
    sys.stderr = open(os.dup(2), "w", buffering=1, errors="backslashreplace")  # noqa: SIM115
    os.dup2(log, 2)
    os.close(log)

    def follow() -> None:
        try:
            supervisor.recv(1)  # nothing comes: this ends when the supervisor does
        finally:
            os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
    code = 1
    try:
        code = work(lambda words: supervisor.sendall(f"{words}\n".encode()))
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
