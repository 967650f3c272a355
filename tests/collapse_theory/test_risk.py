"""A risk is its parts: what is derived from them cannot go stale."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest

import collapse_theory as ct


def test_the_total_follows_its_parts():
    risk = ct.Risk(1.0, 2.0, 3.0)
    assert risk.total == 6.0
    assert eqx.tree_at(lambda tree: tree.zeta, risk, 10.0).total == 13.0
    assert dataclasses.replace(risk, bias=0.0).total == 5.0
    assert jax.tree.map(lambda part: 2 * part, risk).total == 12.0


def test_a_run_measured_as_a_whole_has_no_parts():
    risk = ct.Risk(None, None, None, whole=2.0)
    assert risk.total == 2.0
    assert repr(risk) == "Risk(whole=2)"


@pytest.mark.parametrize("numbers", [(1.0, None, 3.0), (None, None, None), (1.0, 2.0, 3.0, 6.0)])
def test_parts_or_a_whole(numbers):
    with pytest.raises(ValueError, match="expected bias, variance and zeta, or whole in their place"):
        ct.Risk(*numbers)


def test_as_text():
    assert repr(ct.Risk(1.0, 0.25, 3.0)) == "Risk(bias=1, variance=0.25, zeta=3, total=4.25)"
    assert "Array([1., 2.]" in repr(ct.Risk(jnp.array([1.0, 2.0]), 0.25, 3.0))
