"""Compiling is timed."""

import time

import jax
import jax.numpy as jnp

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
