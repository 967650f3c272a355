"""Computed arrays on disk, found again by their content: what was asked, and by which code."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np

from simulations.code import code_version
from simulations.table import atomic_write

Arrays = dict[str, np.ndarray]


class Memory:
    """Results as JSON files, one a question; a change of the question or of the code is another one.

    `refresh` forgets: everything is computed, and stored, again.
    """

    def __init__(self, folder: Path, refresh: bool = False):
        self.folder, self.refresh = folder, refresh
        folder.mkdir(parents=True, exist_ok=True)

    def recall(self, compute: Callable[[], Arrays], name: str, problem: Any, **options: Any) -> Arrays:
        """The arrays that `compute` makes, from disk if they are there.

        `name`, `problem` (any pytree) and `options` are the question: everything that `compute`
        depends on besides the code.
        """
        path = self.folder / f"{content_key(name, problem, **options)}.json"
        if not self.refresh and path.exists():
            stored = json.loads(path.read_text())["arrays"]
            return {key: np.asarray(values, dtype=float) for key, values in stored.items()}
        arrays = compute()
        content = {
            "name": name,
            "options": {key: repr(value) for key, value in options.items()},
            "code": code_version(),
            "arrays": {key: np.asarray(values).tolist() for key, values in arrays.items()},
        }
        atomic_write(path, lambda partial: partial.write_text(json.dumps(content)))
        return arrays


def content_key(name: str, problem: Any, **options: Any) -> str:
    """A hash of a question and of the code that answers it."""
    leaves, structure = jax.tree.flatten(problem)
    digest = hashlib.sha256(f"{name} {sorted(options.items())} {structure} {code_version()}".encode())
    for leaf in leaves:
        array = np.asarray(leaf, dtype=float)
        digest.update(str(array.shape).encode() + array.tobytes())
    return digest.hexdigest()[:24]
