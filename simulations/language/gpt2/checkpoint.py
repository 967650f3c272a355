"""Training states on disk: one safetensors file, replaced in one step, read without running anything."""

from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file
from safetensors.numpy import save as as_bytes

from workbench.files import atomic_write

STEP = "step"


def save(path: Path, state: Any, step: int) -> None:
    """Write the arrays of a pytree, and the number of steps it has been trained for."""
    arrays = {name: np.asarray(leaf) for name, leaf in _named(state).items()}
    arrays[STEP] = np.array(step)
    atomic_write(path, lambda partial: partial.write_bytes(as_bytes(arrays)))


def load(path: Path, like: Any) -> tuple[Any, int]:
    """The saved state, in the structure of `like`, and its step; `like` itself and 0 without a file.

    Raises ValueError if the file is damaged or belongs to another model.
    """
    if not path.exists():
        return like, 0
    try:
        arrays = load_file(path)
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path}: not a checkpoint, {error}; expected one of this program") from None
    wanted = {name: leaf.shape for name, leaf in _named(like).items()}
    step = arrays.pop(STEP, None)
    if step is None or {name: array.shape for name, array in arrays.items()} != wanted:
        raise ValueError(f"{path}: of another model; remove it or choose another folder")
    values, rest = eqx.partition(like, eqx.is_array)
    restored = jax.tree_util.tree_map_with_path(
        lambda path, _: jnp.asarray(arrays[jax.tree_util.keystr(path)]), values
    )
    return eqx.combine(restored, rest), int(step)


def _named(state: Any) -> dict[str, Any]:
    """The arrays of a pytree by their place in it."""
    leaves = jax.tree_util.tree_leaves_with_path(eqx.filter(state, eqx.is_array))
    return {jax.tree_util.keystr(path): leaf for path, leaf in leaves}
