"""Several processes, on one machine or on many, that share the simulations of a sweep."""

import re
import sys
import traceback
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

import jax
from jax._src.distributed import global_state

from simulations.sweep.supervisor import Tell, supervised
from simulations.sweep.team import NATIVE_SILENCE, GoneError, Team

ARRIVAL = 300  # seconds in which all processes must have started


def flags(parser: ArgumentParser) -> None:
    """Add the options for several processes."""
    group = parser.add_argument_group("several processes (docs/clusters.md)")
    add = group.add_argument
    add("--distributed", action="store_true", help="share the simulations; the cluster says with whom")
    add(
        "--coordinator",
        metavar="HOST:PORT",
        help="where no cluster does: process 0 and a free port of it",
    )
    add("--processes", type=int, metavar="N", help="number of processes")
    add("--process", type=int, metavar="I", help="which of them this is, from 0")


def check(options: Namespace) -> None:
    """Raise ValueError if the options for several processes contradict each other."""
    where, size, index = options.coordinator, options.processes, options.process
    given = [value is not None for value in (where, size, index)]
    if any(given) and not options.distributed:
        raise ValueError("--coordinator, --processes, --process: expected --distributed with them")
    if any(given) and not all(given):
        raise ValueError("--coordinator, --processes, --process: expected all of them or none")
    if all(given) and not re.fullmatch(r".+:\d+", where):
        raise ValueError(f"coordinator = {where}: expected HOST:PORT")
    if all(given) and not 0 <= index < size:
        raise ValueError(f"process = {index}: expected a whole number >= 0, less than --processes")


def together(parser: ArgumentParser, options: Namespace, kept: str, run: Callable[[Team], int]) -> int:
    """The exit code of `run`, done by every process of the run that options or cluster describe.

    `kept` tells how to go on after a failure.  Without other processes to join, one line on stderr and
    exit code 2.
    """

    def member(tell: Tell) -> NoReturn:
        tell(f"some processes did not start within {ARRIVAL} s; {kept}")
        team = _join(parser, options, kept)
        tell(team.gone(0) if team.index else f"another process of {team.size} is gone; {kept}")
        code, reason = 1, f"process {team.index} of {team.size} ended early, and says why"
        try:
            code, reason = run(team), ""
        except GoneError as error:
            reason = str(error)
            print(f"{parser.prog}: {reason}", file=sys.stderr)
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        except BaseException:
            traceback.print_exc()
        team.leave(code, reason)

    return supervised(parser.prog, kept, member)


def _join(parser: ArgumentParser, options: Namespace, kept: str) -> Team:
    with suppress(AttributeError):  # an option of newer versions, which would ignore SIGTERM
        jax.config.update("jax_enable_preemption_service", False)
    try:
        jax.distributed.initialize(
            options.coordinator,
            options.processes,
            options.process,
            initialization_timeout=ARRIVAL,
            heartbeat_timeout_seconds=NATIVE_SILENCE,
        )
        jax.local_devices()  # here, as it waits for the others' devices
    except ValueError:  # of what no cluster told
        parser.error("--distributed: no cluster found; expected --coordinator, --processes, --process")
    except Exception as error:
        parser.error(f"--distributed: {' '.join(str(error).split())[:300]}")
    return Team(global_state.process_id, global_state.num_processes, kept)
