"""One MLIR context for all programs of a thread: tests compile thousands of small ones.

JAX makes a context for each program, and keeps it: a quarter of the time of compiling a small program,
and more than half of the memory.  It has no public way to share one, so this is for tests alone.
"""

import threading
from typing import Any

import jax
import jax._src.interpreters.mlir as lowering

_make_context: Any = lowering.make_ir_context
_contexts = threading.local()


def share_contexts() -> None:
    """Let the programs of a thread share their context from now on."""
    lowering.make_ir_context = _shared


def forget_programs() -> None:
    """Give back the memory of what is compiled: what is needed again is compiled again."""
    jax.clear_caches()
    vars(_contexts).clear()


def _shared() -> Any:
    if not hasattr(_contexts, "shared"):
        _contexts.shared = _make_context()
    return _contexts.shared
