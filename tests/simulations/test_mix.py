"""Which items are synthetic: their share, whatever n, and nested sets."""

import numpy as np
import pytest

from simulations.mix import is_synthetic, synthetic_count


@pytest.mark.parametrize("fraction", [0.0, 0.001, 0.3, 0.5, 1.0])
def test_every_prefix_has_its_share(fraction):
    whole = is_synthetic(fraction, 2500)
    assert whole.shape == (2500,)
    counts = np.concatenate([[0], np.cumsum(whole)])
    for n in (0, 1, 2, 3, 10, 499, 500, 1500, 2499, 2500):
        np.testing.assert_array_equal(is_synthetic(fraction, n), whole[:n])
        assert counts[n] == synthetic_count(fraction, n)
        assert abs(counts[n] - fraction * n) <= 0.5
    assert isinstance(synthetic_count(fraction, 10), int)


def test_halves_are_rounded_up():
    assert [synthetic_count(0.5, n) for n in range(5)] == [0, 1, 1, 2, 2]
    assert is_synthetic(0.5, 4).tolist() == [True, False, True, False]
    assert [synthetic_count(0.001, n) for n in (499, 500, 1499, 1500)] == [0, 1, 1, 2]


def test_extremes():
    assert not is_synthetic(0.0, 100).any()
    assert is_synthetic(1.0, 100).all()
