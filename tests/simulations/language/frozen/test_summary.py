"""Means over networks, by hand."""

import numpy as np
import pytest

from simulations.language.frozen.summary import mixes, over_draws, over_networks, over_stories

ROWS = [
    {"p2": p2, "network": network, "stories": stories, "loss": loss, "loss_stderr": stderr}
    for p2, network, stories, loss, stderr in [
        (0.5, 0, 30, 9.0, 1.0),
        (0.5, 0, 300, 2.0, 0.3),
        (0.5, 1, 300, 4.0, 0.4),
        (0.0, 1, 300, 1.0, 0.1),
        (0.0, 0, 300, 0.5, 0.1),
    ]
]


def test_mixes_are_those_of_most_stories():
    assert {p2: [row["loss"] for row in rows] for p2, rows in mixes(ROWS).items()} == {
        0.0: [1.0, 0.5],
        0.5: [2.0, 4.0],
    }
    assert list(mixes(ROWS)) == [0.0, 0.5]


def test_means_and_their_errors():
    mixed, clean = mixes(ROWS)[0.5], mixes(ROWS)[0.0]
    assert over_draws(mixed, "loss") == pytest.approx((3.0, 0.25))  # independent: sqrt(.09 + .16) / 2
    assert over_stories(mixed, "loss") == pytest.approx((3.0, 0.35))  # of the same stories
    assert over_networks(mixed, "loss") == pytest.approx((3.0, 1.0))
    # 2 - 0.5 and 4 - 1, each less the clean network of its own number.
    assert over_networks(mixed, "loss", clean) == pytest.approx((2.25, 0.75))
    assert np.isnan(over_networks(mixed[:1], "loss").stderr)
