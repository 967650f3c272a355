"""An output folder belongs to one process at a time; what cannot be written there is one sentence."""

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

LOCK = ".lock"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """`folder`, made if it is not there, for this process alone until the block or the process ends.

    Raises ValueError, naming the command line's --out, if it cannot be had.
    """
    lock = FileLock(folder / LOCK)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        expected = "wait for it or choose another --out"
        raise ValueError(f"out = {folder}: another process is writing there; {expected}") from None
    except OSError as error:
        raise ValueError(f"out = {folder}: {error.strerror}") from None
    try:
        yield
    finally:
        # Removed while it is held: who opened it before finds a lock without a name, which filelock
        # refuses; who comes after makes a new one, when nothing more is written here.
        with suppress(OSError):
            (folder / LOCK).unlink()
        lock.release()


@contextmanager
def output(parser: ArgumentParser) -> Iterator[ExitStack]:
    """What a command holds until it ends, such as folders.

    A file that cannot be written ends the command with one sentence and exit code 1.
    """
    with ExitStack() as held:
        try:
            yield held
        except OSError as error:
            reason = f"{error.filename or 'output'}: {error.strerror or error}"
            again = "what was written before is kept, and the same command goes on from there"
            parser.exit(1, f"{parser.prog}: {reason}; {again}\n")
