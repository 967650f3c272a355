"""Programs share a context until they are forgotten."""

from concurrent.futures import ThreadPoolExecutor

import jax
import numpy as np
import pytest
from jax._src.interpreters import mlir

from tests import contexts


@pytest.mark.skipif(mlir.make_ir_context is not contexts._shared, reason="compiled as users compile")
def test_programs_share_a_context_until_they_are_forgotten(monkeypatch):
    first = mlir.make_ir_context()
    assert mlir.make_ir_context() is first
    with ThreadPoolExecutor(1) as other:
        assert other.submit(mlir.make_ir_context).result() is not first
    program = jax.jit(lambda x: x + 1.0)
    assert program(1.0) == 2.0
    monkeypatch.setattr(jax, "clear_caches", lambda: None)  # other tests need what they have compiled
    contexts.forget_programs()
    assert mlir.make_ir_context() is not first
    assert (program(np.ones(2)) == 2.0).all()
