"""Compiling: how long it took, and half of that for runs in which it is most of what is done."""

import os
import time

import jax

# Loops written by XLA's older means compile twice as fast.  A flag that XLA does not know ends Python:
# these versions know it.
OLDER_LOOPS = "--xla_cpu_use_fusion_emitters=false"
COMPILING = (
    "/jax/core/compile/jaxpr_to_mlir_module_duration",
    "/jax/core/compile/backend_compile_duration",
)

# When this process has compiled something, or read it from a cache, and how long it took.
_compiled: list[tuple[float, float]] = []


def _count(event: str, duration_secs: float, **_: str | int) -> None:
    if event in COMPILING:
        _compiled.append((time.time(), duration_secs))


jax.monitoring.register_event_duration_secs_listener(_count)


def compile_seconds(since: float) -> float:
    """What this process has spent on compiling since a `time.time()`; tracing Python is not counted."""
    return sum(seconds for ended, seconds in _compiled if ended > since)


def compile_fast() -> None:
    """Leave out most of XLA's optimisations, here and in processes started from here.

    Before anything is computed.  Numbers differ by rounding; times say nothing about speed.
    """
    jax.config.update("jax_disable_most_optimizations", True)
    os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"
    flags = os.environ.get("XLA_FLAGS", "")
    if jax.__version_info__ < (0, 10) and OLDER_LOOPS not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {OLDER_LOOPS}".strip()
