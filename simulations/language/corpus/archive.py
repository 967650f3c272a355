"""7z archives of stories, in one file or in parts, unpacked once into the user's cache."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pooch

from collapse_theory.checks import fail


def is_archive(path: Path) -> bool:
    """Whether this is the name of a 7z archive or of one of its parts, `.7z.001`."""
    return ".7z" in path.suffixes


def unpacked(path: Path) -> Path:
    """The largest file of an archive, whose checksums are checked while it is unpacked.

    Raises ValueError for an archive that is damaged or not whole, and without py7zr.
    """
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
            folder = cache / f"{path.name.split('.')[0]}-{largest.crc32 or 0:08x}"
            target = folder / largest.filename
            if not target.exists():
                partial = folder.with_suffix(".partial")
                archive.extract(partial, targets=[largest.filename])
                partial.rename(folder)
            return target
    except Exception as error:  # of a damaged archive its codec's own
        raise fail("corpus", path, f"a whole 7z archive with its parts beside it ({error})") from None
