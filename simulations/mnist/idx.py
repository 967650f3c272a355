"""MNIST's four files: what they are called, what they contain, and how they are read."""

import gzip
import hashlib
import math
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

MAGIC = 0x0800  # unsigned bytes; the low byte is the number of axes


class File(NamedTuple):
    """One of the files: its shape and the SHA-256 of its content and of the published archive."""

    shape: tuple[int, ...]
    content: str
    archive: str


FILES = {
    "train-images-idx3-ubyte": File(
        (60000, 28, 28),
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    ),
    "train-labels-idx1-ubyte": File(
        (60000,),
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    ),
    "t10k-images-idx3-ubyte": File(
        (10000, 28, 28),
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    ),
    "t10k-labels-idx1-ubyte": File(
        (10000,),
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    ),
}


def read(path: Path, file: File) -> UInt8[np.ndarray, "..."]:
    """The array in an IDX file, gzipped or not.

    Raises ValueError if the file is unreadable, of another shape, or not the original content.
    """
    try:
        raw = path.read_bytes()
        content = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(
            f"{path}: not readable, {error}; expected an IDX file, gzipped or not"
        ) from None
    header = np.array([MAGIC + len(file.shape), *file.shape], dtype=">u4").tobytes()
    expected = f"expected the original file, an array of shape {file.shape}"
    if content[: len(header)] != header:
        raise ValueError(f"{path}: its header is {content[: len(header)].hex()}; {expected}")
    if len(content) != len(header) + math.prod(file.shape):
        raise ValueError(f"{path}: {len(content)} bytes of content; {expected}")
    if hashlib.sha256(content).hexdigest() != file.content:
        raise ValueError(f"{path}: SHA-256 is not that of MNIST; {expected}")
    return np.frombuffer(content, np.uint8, offset=len(header)).reshape(file.shape)
