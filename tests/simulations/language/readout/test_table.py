"""The committed table: it is that of the default run, and the closed form predicts what it measured."""

import numpy as np
import pytest

from figures.house.tables import committed
from simulations.language.readout.results import ROWS, Task
from simulations.language.readout.run import inputs
from simulations.language.readout.study import DEFAULT, PLANS, STUDIES
from simulations.language.readout.world import Place
from workbench.fingerprint import closure
from workbench.records import grouped, number, numbers

TABLE = committed("language.readout")


def test_the_code_of_rows_is_what_computes_them():
    """A new grid, picture or report does not change what is known."""
    modules = set(closure("simulations.language.readout.results"))
    beginning = "simulations.language.readout."
    names = {name.removeprefix(beginning) for name in modules if name.startswith(beginning)}
    assert {"world", "origin", "features", "statistics", "dependence", "theory", "plan"} <= names
    assert not {"study", "options", "picture", "report", "run", "__main__"} & names
    assert {"collapse_theory.readout_error", "simulations.language.corpus.successive"} <= modules


def test_it_is_that_of_the_default_run(tmp_path):
    place = Place(None, 0, 0, DEFAULT.order, DEFAULT.author, None, 0, tmp_path, str(TABLE[0]["code"]))
    wanted = [
        row
        for block in DEFAULT.blocks
        for row in inputs(Task(place, block, DEFAULT.ridge, DEFAULT.seeds))
    ]
    studies = grouped(TABLE, "study")
    assert [rows[0]["study"] for rows in studies] == list(STUDIES)
    for rows in studies:
        shared = [name for name in wanted[0] if name != "corpus" or rows[0]["study"] == "grammar"]
        assert [{name: row[name] for name in shared} for row in rows] == [
            {name: row[name] for name in shared} for row in wanted
        ]


@pytest.mark.parametrize("rows", grouped(TABLE, "study", "rows"), ids=lambda rows: str(rows[0]["study"]))
def test_gaps_between_measured_and_predicted(rows):
    gap, equal = (
        np.abs(numbers(rows, "error") / numbers(rows, name) - 1)
        for name in ("predicted_error", "equal_error")
    )
    assert rows[0]["rows"] in ROWS
    assert np.median(gap) < 0.03
    if rows[0]["rows"] == "stories":  # what dependence and unequal noise add is seen
        assert np.median(gap) < np.median(equal)


@pytest.mark.parametrize("study", STUDIES)
def test_the_plateau_of_one_percent(study):
    """Measured, predicted, and reached: nearly all of the error is there for ever."""
    rows = [row for row in TABLE if (row["study"], row["rows"], row["p2"]) == (study, "stories", 0.01)]
    for curve in grouped(rows, "width"):
        last = max(curve, key=lambda row: number(row, "stories"))
        collapse, stderr, limit = (
            number(last, name) for name in ("collapse", "collapse_stderr", "plateau_collapse")
        )
        assert collapse > 8 * stderr
        # Of four draws: beyond 6 standard errors is one in a hundred, as Student's t has it.
        assert abs(collapse - limit) < 6 * stderr
        assert number(last, "error") < 1.5 * number(last, "plateau")


HIDDEN = committed("language.readout.gpt2")
HIDDEN_TEXT = committed("language.readout.gpt2.text")


def test_hidden_states_are_those_of_the_plan(tmp_path):
    plan = PLANS["gpt2"]
    place = Place(None, 0, 0, plan.order, plan.author, plan.reader, 0, tmp_path, str(HIDDEN[0]["code"]))
    wanted = [row for block in plan.blocks for row in inputs(Task(place, block, plan.ridge, plan.seeds))]
    assert [{name: row[name] for name in wanted[0]} for row in HIDDEN] == wanted


WIDE = committed("language.readout.wide")
WIDE_TEXT = committed("language.readout.wide.text")
WIDEST_TEXT = committed("language.readout.widest.text")


@pytest.mark.parametrize(
    ("rows", "widths", "seeds"),
    [
        pytest.param(WIDE, {2000, 3000, 10000}, 3, id="grammar"),
        pytest.param(WIDE_TEXT, {2000, 3000}, 3, id="text"),
        pytest.param(WIDEST_TEXT, {10000}, 2, id="text, widest"),
    ],
)
def test_wide_readouts(tmp_path, rows, widths, seeds):
    """With up to 10,000 features errors and the collapse of 1% are within 3%, near the plateau."""
    plan, code = PLANS["wide"], str(rows[0]["code"])
    place = Place(None, 0, 0, plan.order, plan.author, None, 0, tmp_path, code)
    blocks = [block for block in plan.blocks if block.width in widths]
    wanted = [row for block in blocks for row in inputs(Task(place, block, plan.ridge, seeds))]
    shared = [name for name in wanted[0] if name != "corpus" or rows is WIDE]
    assert [{name: row[name] for name in shared} for row in rows] == [
        {name: row[name] for name in shared} for row in wanted
    ]
    for row in rows:
        for name in ("error", "collapse"):
            expected = number(row, f"predicted_{name}")
            # Of three draws: the collapse of 0.1% is not measured to 3%.
            few = 6 * number(row, f"{name}_stderr") if row["p2"] == 0.001 else 0.0
            assert abs(number(row, name) - expected) <= max(0.03 * expected, few)
    for row in (row for row in rows if row["p2"] == 0.01):
        collapse, stderr = number(row, "collapse"), number(row, "collapse_stderr")
        assert collapse > 8 * stderr
        assert number(row, "error") < 2 * number(row, "plateau")


def test_synthetic_stories_can_help_where_the_sample_is_small():
    """With 3,000 features 553 stories are few: other stories lose less, as predicted from these."""
    (last,) = (row for row in WIDE_TEXT if (row["width"], row["p2"]) == (3000, 0.01))
    loss, stderr, expected, sample = (
        number(last, name)
        for name in (
            "loss_collapse",
            "loss_collapse_stderr",
            "predicted_loss_collapse",
            "predicted_collapse",
        )
    )
    assert expected < 0 < sample
    assert abs(loss - expected) < 4 * stderr < sample - loss


@pytest.mark.parametrize("rows", [HIDDEN, HIDDEN_TEXT], ids=["grammar", "text"])
def test_gaps_of_hidden_states(rows):
    """The closed form knows a frozen network's states as well as random features."""
    gap, equal = (
        np.abs(numbers(rows, "error") / numbers(rows, name) - 1)
        for name in ("predicted_error", "equal_error")
    )
    assert np.median(gap) < 0.03
    assert np.median(gap) < np.median(equal)  # a network's residuals are not of one size
    last = [row for row in rows if row["p2"] in (0.1, 0.5, 1.0) and row["stories"] == 30_000]
    assert len(last) == 3
    for row in last:  # of four draws: see above
        stderr = number(row, "collapse_stderr")
        assert abs(number(row, "collapse") - number(row, "predicted_collapse")) < 6 * stderr


def test_other_stories_than_those_of_the_pool():
    """At p_2 = 1/2 and 1, where held-out stories tell it."""
    for row in HIDDEN:
        if row["p2"] in (0.5, 1.0) and number(row, "stories") >= 3000:
            gap = number(row, "loss_collapse") - number(row, "predicted_loss_collapse")
            # The pool of 2,000 stories scatters about as much as the 1,000 that are held out.
            assert abs(gap) < 4 * np.sqrt(1.5) * number(row, "loss_collapse_stderr")


def test_other_stories_of_a_file(tmp_path):
    """What TinyStories at hand say of their own law fails held-out stories; the correction does not."""
    rows, plan = committed("language.readout.unseen"), PLANS["unseen"]
    code = str(rows[0]["code"])
    place = Place(None, 0, 0, plan.order, plan.author, None, 0, tmp_path, code)
    wanted = [row for block in plan.blocks for row in inputs(Task(place, block, plan.ridge, plan.seeds))]
    shared = [name for name in wanted[0] if name != "corpus"]
    assert [{name: row[name] for name in shared} for row in rows] == [
        {name: row[name] for name in shared} for row in wanted
    ]
    gap = np.abs(numbers(rows, "error") / numbers(rows, "predicted_error") - 1)
    assert np.median(gap) < 0.03
    for row in rows:  # the pool of real stories, five times the held-out ones, scatters less
        for name in ("loss", "loss_collapse"):
            gap = abs(number(row, name) - number(row, f"predicted_{name}"))
            assert gap <= 4 * number(row, f"{name}_stderr")
    last = rows[-1]
    assert (last["width"], last["p2"]) == (1000, 1.0)
    gap = number(last, "predicted_collapse") - number(last, "loss_collapse")
    assert gap > 4 * number(last, "loss_collapse_stderr")
