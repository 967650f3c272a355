"""Stories of text files: TinyStories' as they are, BabiStories' from its archive in five parts."""

import itertools
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pooch

from collapse_theory.checks import fail

SEPARATOR = "<|endoftext|>"
MOST = 500_000  # stories of a file that are read


def read_stories(path: Path) -> list[str]:
    """Stories of a file, the first `MOST` of them.

    The file is text with `SEPARATOR` lines between the stories, as TinyStories is published; or has a
    story in each line, as a JSON string, as BabiStories' `traindataset.txt`; or is a 7z archive of
    such a file, or the first of its parts (`.7z.001`, the others beside it), unpacked once into the
    user's cache.  Raises ValueError if it is none of them.
    """
    if not path.is_file():
        raise fail("corpus", path, "a file")
    try:
        text = _unpacked(path) if ".7z" in path.suffixes else path
        with open(text, encoding="utf-8") as file:
            first = file.readline()
            lines = itertools.chain([first], file)
            stories = _of_json(lines) if first.startswith('"') else _between_separators(lines)
            return list(itertools.islice(stories, MOST))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        reason = " ".join(str(error).split())
        raise fail("corpus", path, f"a text file of stories or its 7z archive ({reason})") from None


def _of_json(lines: Iterator[str]) -> Iterator[str]:
    return (str(json.loads(line)).strip() for line in lines if line.strip())


def _between_separators(lines: Iterator[str]) -> Iterator[str]:
    for is_separator, some in itertools.groupby(lines, lambda line: line.strip() == SEPARATOR):
        story = "".join(some).strip()
        if story and not is_separator:
            yield story


def _unpacked(path: Path) -> Path:
    """The largest file of an archive, whose checksums are checked while it is unpacked."""
    try:
        import multivolumefile
        import py7zr
    except ImportError:
        expected = "py7zr to unpack it: pip install 'strong-model-collapse[stories]'"
        raise fail("corpus", path, expected) from None
    cache = Path(pooch.os_cache("strong-model-collapse"))
    try:
        with ExitStack() as stack:
            file: Any = path
            if path.suffix != ".7z":
                file = stack.enter_context(multivolumefile.open(path.with_suffix(""), "rb"))
            archive = stack.enter_context(py7zr.SevenZipFile(file))
            largest = max(archive.list(), key=lambda member: member.uncompressed)
            unpacked = cache / f"{path.name.split('.')[0]}-{largest.crc32 or 0:08x}"
            target = unpacked / largest.filename
            if not target.exists():
                partial = unpacked.with_suffix(".partial")
                archive.extract(partial, targets=[largest.filename])
                partial.rename(unpacked)
            return target
    except Exception as error:  # of a damaged archive its codec's own
        raise fail("corpus", path, f"a whole 7z archive with its parts beside it ({error})") from None
