"""Threads of LAPACK's, which wait for more work on cores that XLA's would use."""

from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any

from threadpoolctl import ThreadpoolController


def one_lapack_thread() -> AbstractContextManager[Any]:
    """One thread for LAPACK and BLAS while this is entered."""
    return _libraries().limit(limits=1, user_api="blas")


@lru_cache(maxsize=1)
def _libraries() -> ThreadpoolController:
    """What is loaded at first use, JAX's and SciPy's libraries included: looking takes 20 ms."""
    import scipy.linalg  # noqa: F401

    return ThreadpoolController()
