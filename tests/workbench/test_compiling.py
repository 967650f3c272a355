"""Compiling is timed, and programs share what they can."""

import time
from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax._src.interpreters import mlir

from workbench import compiling
from workbench.compiling import compile_seconds


def test_a_new_program_takes_time_to_compile_and_an_old_one_does_not():
    started = time.time()
    program = jax.jit(lambda x: jnp.sin(x) * started)
    program(1.0)
    spent = compile_seconds(started)
    assert 0 < spent < time.time() - started
    program(2.0)
    assert compile_seconds(started) == spent
    assert compile_seconds(time.time()) == 0


@pytest.mark.skipif(
    mlir.make_ir_context is not compiling._shared_context, reason="compiled as users compile"
)
def test_programs_share_a_context_until_they_are_forgotten(monkeypatch):
    first = mlir.make_ir_context()
    assert mlir.make_ir_context() is first
    with ThreadPoolExecutor(1) as other:
        assert other.submit(mlir.make_ir_context).result() is not first
    program = jax.jit(lambda x: x + 1.0)
    assert program(1.0) == 2.0
    monkeypatch.setattr(jax, "clear_caches", lambda: None)  # other tests need what they have compiled
    compiling.forget_programs()
    assert mlir.make_ir_context() is not first
    assert (program(np.ones(2)) == 2.0).all()
