"""The committed table of trained networks: the closed form predicts readouts of their hidden states."""

from pathlib import Path

import numpy as np
import pytest

from figures.house.tables import committed
from simulations.language.frozen.plan import DEFAULT
from simulations.language.frozen.run import Task, inputs
from simulations.language.frozen.summary import mixes, over_draws, over_networks
from workbench.records import grouped, numbers

TABLE = committed("language.frozen")
MIXES = mixes(TABLE)


def test_it_is_that_of_the_plan():
    code = str(TABLE[0]["code"])
    wanted = [
        row
        for network in range(DEFAULT.networks)
        for fraction in DEFAULT.fractions
        for row in inputs(Task(DEFAULT, fraction, network, 0, Path(), code))
    ]
    # The recipe is part of a row, so that networks of another one are never taken for these.
    assert [{name: row[name] for name in wanted[0]} for row in TABLE] == wanted


def test_readouts_err_as_predicted():
    """Means over the networks of a mix, of four draws each."""
    gaps = []
    for group in grouped(TABLE, "p2", "stories"):
        expected = numbers(group, "predicted_error").mean()
        gaps.append(abs(over_draws(group, "error").value / expected - 1))
    assert np.median(gaps) < 0.03


@pytest.mark.parametrize("fraction", [0.1, 0.5, 1.0])
def test_collapse_of_readouts_is_predicted(fraction):
    collapse = over_draws(MIXES[fraction], "collapse")
    expected = numbers(MIXES[fraction], "predicted_collapse").mean()
    # The dependence of tokens is judged by 500 stories of each source.
    assert abs(collapse.value - expected) < 4 * collapse.stderr + 0.02 * expected


@pytest.mark.parametrize("fraction", [0.5, 1.0])
def test_a_network_collapses_more_than_readouts_of_its_states(fraction):
    network, states = (
        over_networks(MIXES[fraction], name, MIXES[0.0]) for name in ("network_squared", "clean_loss")
    )
    expected = numbers(MIXES[fraction], "predicted_collapse").mean()
    assert network.value - expected > 2 * network.stderr
    assert states.value > 2 * states.stderr
