"""Programs compiled in half the time, for runs in which compiling is most of what is done."""

import os

import jax

# Loops written by XLA's older means compile twice as fast.  A flag that XLA does not know ends Python:
# these versions know it.
OLDER_LOOPS = "--xla_cpu_use_fusion_emitters=false"


def compile_fast() -> None:
    """Leave out most of XLA's optimisations, here and in processes started from here.

    Before anything is computed.  Numbers differ by rounding; times say nothing about speed.
    """
    jax.config.update("jax_disable_most_optimizations", True)
    os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"
    flags = os.environ.get("XLA_FLAGS", "")
    if jax.__version_info__ < (0, 10) and OLDER_LOOPS not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {OLDER_LOOPS}".strip()
