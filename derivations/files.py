"""Files that are either whole or absent."""

import os
from collections.abc import Callable
from pathlib import Path


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` make a temporary file beside `path`, then put it there in one step."""
    partial = path.with_name(f".{path.stem}.partial{path.suffix}")
    write(partial)
    os.replace(partial, path)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` in one step."""
    write_atomically(path, lambda partial: partial.write_text(text, encoding="utf-8"))
