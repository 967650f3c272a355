"""Strict JAX: float64, no silent broadcasting across ranks, shapes of arguments checked."""

import ctypes
import gc
import os
import platform
import sys
import time
from pathlib import Path

# Most of the suite is compilation.  JAX_DISABLE_MOST_OPTIMIZATIONS=0 tests what users run, in twice the
# time; without optimisation numbers differ by rounding.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
# What one worker, subprocess or run has compiled, the others read: a run that changes little compiles
# little.  Entries bear a hash of the program and of how it is compiled, but not of the machine.
# Those of last week go.
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    compiled = Path(__file__).parents[1] / ".pytest_cache" / f"compiled-{platform.node()}"
    for entry in compiled.glob("*"):
        if entry.stat().st_mtime < time.time() - 7 * 24 * 3600:
            entry.unlink(missing_ok=True)
    os.environ["JAX_COMPILATION_CACHE_DIR"] = str(compiled)
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
REPEATED = Path(__file__).parent / "thorough.txt"
CHECKED = ["collapse_theory", "derivations", "figures", "simulations", "workbench"]
with install_import_hook(CHECKED, f"{checked.__module__}.{checked.__name__}"):
    import collapse_theory  # noqa: F401
    import simulations  # noqa: F401

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Tests that are listed as repetitions of others are marked `thorough`."""
    listed = [line for line in REPEATED.read_text().splitlines() if not line.startswith("#")]
    beginnings = tuple(f"tests/{line}" for line in listed)
    for item in items:
        if item.nodeid.startswith(beginnings):
            item.add_marker("thorough")


def pytest_collection_finish():
    """Looking through all modules again and again for garbage was a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


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
