"""The engine mixes real and complex numbers as NumPy does; the rest of the house is strict."""

import jax
import pytest


@pytest.fixture(autouse=True)
def standard_promotion():
    """NumPy's promotion of dtypes."""
    with jax.numpy_dtype_promotion("standard"):
        yield
