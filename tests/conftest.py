"""Strict JAX: float64, no silent broadcasting across ranks, shapes of arguments checked."""

import atexit
import ctypes
import gc
import os
import sys
import tempfile

# Most of the suite is compilation.  JAX_DISABLE_MOST_OPTIMIZATIONS=0 tests what users run, in twice the
# time; without optimisation numbers differ by rounding.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
# What one worker or subprocess has compiled, the others read.
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    compiled = tempfile.TemporaryDirectory(prefix="collapse-compiled-")
    atexit.register(compiled.cleanup)
    os.environ["JAX_COMPILATION_CACHE_DIR"] = compiled.name
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"

import jax
import psutil
import pytest
from jaxtyping import install_import_hook

from tests.checking import checked
from workbench.compiling import compile_fast

if jax.config.read("jax_disable_most_optimizations"):
    compile_fast()

KEPT = 1.5e9  # bytes that a worker may have
CHECKED = ["collapse_theory", "derivations", "figures", "simulations", "workbench"]
with install_import_hook(CHECKED, f"{checked.__module__}.{checked.__name__}"):
    import collapse_theory  # noqa: F401
    import simulations  # noqa: F401

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")


@pytest.fixture(scope="module", autouse=True)
def forget_programs():
    """Programs that no module uses again would be gigabytes in the end."""
    yield
    if psutil.Process().memory_info().rss < KEPT:
        return
    jax.clear_caches()
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL("libc.so.6").malloc_trim(0)
