"""Lists of numbers on the command line."""

import pytest

from workbench.values import parse_values


def test_lists_and_ranges():
    assert parse_values("n", "1e2:1e4:3log,5", whole=True) == [100, 1000, 10000, 5]
    assert parse_values("noise", "0:1:3") == [0, 0.5, 1]
    assert parse_values("width", "none,7.2,7", whole=True, optional=True) == [None, 7]
    assert parse_values("quality", [0.1, "1:2:2"]) == [0.1, 1, 2]
    assert parse_values("n", 3) == [3.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "n = : expected numbers, a comma-separated list or low:high:count"),
        ("many", "n = many: expected numbers"),
        ("1:2", "n = 1:2: expected numbers"),
        ("1:2:1", "n = 1:2:1: expected numbers"),
        ("0:2:5log", "n = 0:2:5log: expected numbers"),
        ("1:inf:3", "n = 1:inf:3: expected numbers"),
        ("1:9:1000000000", "n = 1:9:1000000000: expected numbers"),
        ("none", "n = none: expected numbers"),
        ("inf", "n = inf: expected a finite number"),
        ([], r"n = \[\]: expected at least one number"),
        (True, "n = True: expected numbers"),
        ([[1]], "expected numbers"),
        (f"1{400 * '0'}", "expected a finite number"),
    ],
)
def test_what_is_no_list(text, message):
    with pytest.raises(ValueError, match=message):
        parse_values("n", text, whole=True)
