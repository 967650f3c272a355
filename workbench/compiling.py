"""Compiling: how long it took, and half of that for runs in which it is most of what is done."""

import os
import time

import jax

# Loops written by XLA's older means compile twice as fast, and a program in one piece, rather than one
# for each core, takes a fifth less of a core: enough where every core has work already.  A flag that XLA
# does not know ends Python: these versions know both.
FASTER = ("--xla_cpu_use_fusion_emitters=false", "--xla_cpu_parallel_codegen_split_count=1")
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
    if jax.__version_info__ < (0, 10):
        flags = os.environ.get("XLA_FLAGS", "").split()
        os.environ["XLA_FLAGS"] = " ".join(flags + [flag for flag in FASTER if flag not in flags])
