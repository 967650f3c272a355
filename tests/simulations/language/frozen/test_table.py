"""The committed table of trained networks: the closed form predicts readouts of their hidden states."""

from pathlib import Path

import numpy as np

from figures.house.tables import committed
from simulations.language.frozen.plan import DEFAULT
from simulations.language.frozen.run import Task, inputs
from workbench.records import number, numbers

TABLE = committed("language.frozen")


def test_it_is_that_of_the_plan():
    code = str(TABLE[0]["code"])
    tasks = [Task(DEFAULT, fraction, 0, Path(), code) for fraction in DEFAULT.fractions]
    wanted = [row | {"recipe": None} for task in tasks for row in inputs(task)]
    # The recipe is part of a row, so that networks of another one are never taken for these.
    assert [{name: row[name] for name in wanted[0]} | {"recipe": None} for row in TABLE] == wanted


def test_readouts_err_as_predicted():
    gap = np.abs(numbers(TABLE, "error") / numbers(TABLE, "predicted_error") - 1)
    # Each is a mean over four draws, of which the standard error is 3 to 5% where p_2 is small.
    assert np.median(gap) < 0.06
    for row in TABLE:
        if row["p2"] in (0.5, 1.0):  # beyond 6 standard errors of four draws is one in a hundred
            stderr = number(row, "collapse_stderr")
            assert abs(number(row, "collapse") - number(row, "predicted_collapse")) < 6 * stderr


def test_a_network_collapses_more_than_readouts_of_its_states():
    last = {row["p2"]: row for row in TABLE if row["stories"] == max(DEFAULT.sizes)}
    for p2 in (0.1, 0.5, 1.0):
        network = number(last[p2], "network_squared") - number(last[0.0], "network_squared")
        states = number(last[p2], "clean_loss") - number(last[0.0], "clean_loss")
        assert network > states > 0
        assert network > number(last[p2], "predicted_collapse") + states
