"""Files that are either whole or absent."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# A temporary file of this age, in seconds, belongs to a process that was killed.
ORPHANED = 3600


def atomic_write(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` make a temporary file beside `path`, then put it there in one step.

    Several processes may do so at once: the last one counts.  Raises OSError, naming `path`, if that
    cannot be; then nothing has changed.
    """
    with _naming(path):
        for left in path.parent.glob(f".{path.stem}.*.partial{path.suffix}"):
            if time.time() - left.stat().st_mtime > ORPHANED:
                left.unlink(missing_ok=True)
        handle, name = tempfile.mkstemp(f".partial{path.suffix}", f".{path.stem}.", path.parent)
        os.close(handle)
        partial = Path(name)
        try:
            write(partial)
            partial.chmod(0o666 & ~_umask())  # mkstemp's are for their owner alone
            os.replace(partial, path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` in one step, on disk before this returns."""

    def write(partial: Path) -> None:
        with open(partial, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())

    atomic_write(path, write)


def make_folder(folder: Path) -> None:
    """Make an output folder.  Raises ValueError, naming the command line's --out, if that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"out = {folder}: {error.strerror}") from None


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Failures name this file: those of matplotlib name none, others the temporary one."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
