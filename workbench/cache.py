"""Computed arrays that are found again by what was asked, and by which code."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np

from workbench.fingerprint import PACKAGES, fingerprint
from workbench.store import Store

Arrays = dict[str, np.ndarray]
ADDRESS = re.compile(r" at 0x[0-9a-f]+")


class Cache:
    """Arrays in the store of a folder; a change of the question or of the code is another question.

    `refresh` forgets: everything is computed, and stored, again.  Raises ValueError, naming the command
    line's --cache, for a folder that cannot be used.
    """

    def __init__(self, folder: Path, refresh: bool = False):
        self.folder, self.refresh = folder, refresh
        try:
            self.store = Store(folder)
        except ValueError as error:
            raise ValueError(
                f"cache{str(error).removeprefix('out')}".replace("--out", "--cache")
            ) from None

    def recall(
        self, compute: Callable[[], Arrays], name: str, code: str, content: Any, **options: Any
    ) -> Arrays:
        """The arrays that `compute` makes, from disk if they are there.

        `name`, `content` (any pytree of numbers) and `options` are the question: everything that
        `compute` depends on besides the code, a module whose fingerprint belongs to it.  Raises
        ValueError for a module that has no fingerprint: a change of it would go unnoticed.
        """
        if code.partition(".")[0] not in PACKAGES:
            raise ValueError(f"code = {code}: expected a module of {', '.join(PACKAGES)}")
        question = [name, fingerprint(code), as_text(content), sorted(options.items())]
        known = None if self.refresh else self.store.get("arrays", question)
        if known is None:
            known = {key: np.asarray(values, dtype=float).tolist() for key, values in compute().items()}
            self.store.put("arrays", [(question, known)])
        return {key: np.asarray(values, dtype=float) for key, values in known.items()}


def as_text(content: Any) -> str:
    """A pytree of numbers as text, long arrays by a digest of their bytes.

    Where objects that are no numbers lie in memory does not count: what they are has to be asked for.
    """
    leaves, structure = jax.tree.flatten(content)
    arrays = [np.asarray(leaf, dtype=float) for leaf in leaves]
    texts = [
        str(a.tolist()) if a.size < 4 else f"{a.shape} {hashlib.sha256(a.tobytes()).hexdigest()}"
        for a in arrays
    ]
    return f"{ADDRESS.sub('', str(structure))} {texts}"
