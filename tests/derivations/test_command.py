"""`python -m derivations`: exit codes, failures, golden values and bad input."""

import json
import re
from pathlib import Path

import pytest

from derivations import golden
from derivations.__main__ import main
from tests.derivations.fakes import (
    BROKEN,
    ROOT_2,
    SECOND,
    SOUND,
    THIRD,
    WRONG,
    check,
    derivation,
    house,
)

__all__ = ["house"]
ROOT = {"sound: the root of 2": [ROOT_2]}


def failures(capsys):
    """The lines on stdout that tell of a failure."""
    return [line for line in capsys.readouterr().out.splitlines() if line.startswith("FAILED")]


def test_checks_pass_and_nothing_is_written(house, capsys):
    assert main(["--check"]) == 0
    shown = capsys.readouterr()
    rows = [line.split() for line in shown.out.splitlines() if "pass" in line]
    assert [(row[0], row[1], row[2:5]) for row in rows] == [
        ("sound", "2", ["1", "1", "0"]),
        ("second", "1", ["0", "1", "0"]),
        ("third", "1", ["1", "0", "0"]),
    ]
    assert "100%" in shown.err
    assert "checks: 4" in shown.err
    assert [path.name for path in Path.cwd().iterdir()] == ["golden.json"]


def test_only_the_named_run_and_in_reading_order(house, capsys):
    assert main(["--check", "third", "sound", "third"]) == 0
    rows = [line.split()[0] for line in capsys.readouterr().out.splitlines() if "pass" in line]
    assert rows == ["sound", "third"]


def test_list(house, capsys):
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(maxsplit=1) for line in lines] == [
        [name, f"The title of {name}"] for name in ("sound", "second", "third")
    ]


def test_a_failed_check(house, capsys):
    house(WRONG, THIRD, values={})
    assert main(["--check"]) == 1
    out = capsys.readouterr().out
    assert re.findall(r"^ +(\w+) .* (pass|FAIL) *$", out, re.MULTILINE) == [
        ("wrong", "FAIL"),
        ("third", "pass"),
    ]
    assert "FAILED wrong: two is three (exact algebra)" in out.splitlines()


def test_an_exception_is_one_failure_and_the_rest_still_runs(house, capsys):
    house(BROKEN, THIRD, values={"broken: later": ["1.0"]})
    assert main(["--check"]) == 1
    out = capsys.readouterr().out
    # What it would have found later is not stale.
    assert [line for line in out.splitlines() if line.startswith("FAILED")] == [
        "FAILED broken: the derivation runs to its end (ZeroDivisionError: in the middle)"
    ]
    assert "third" in out
    assert main(["third", "--check"]) == 0


def test_a_derivation_without_checks_proves_nothing(house, capsys):
    house(derivation("empty"), values={})
    assert main(["--check"]) == 1
    assert failures(capsys) == ["FAILED empty: something is checked (no step has a check)"]


@pytest.mark.parametrize(
    ("values", "failure"),
    [
        ({}, f"sound: the root of 2 (no golden value; {golden.UPDATE})"),
        (
            {"sound: the root of 2": ["1.4142135624"]},
            f"sound: the root of 2 (golden value 1.4142135624, found {ROOT_2})",
        ),
        (
            ROOT | {"sound: the root of 3": ["1.7"]},
            f"sound: the root of 3 (stale golden value: no check finds it; {golden.UPDATE})",
        ),
        (
            ROOT | {"gone: a claim": ["1.0"]},
            f"golden.json: a claim (stale golden value: no check finds it; {golden.UPDATE})",
        ),
    ],
)
def test_golden_values_missing_different_stale_and_unclaimed(house, capsys, values, failure):
    house(SOUND, values=values)
    assert main(["--check"]) == 1
    assert failures(capsys) == [f"FAILED {failure}"]
    assert main(["--update-golden"]) == 0
    assert main(["--check"]) == 0
    assert golden.load() == ROOT


def test_update_rewrites_only_what_ran_and_is_sound(house, capsys):
    old = {"second: old": ["1.0"], "sound: old": ["2.0"], "wrong: old": ["3.0"]}
    house(SOUND, SECOND, WRONG, values=old)
    assert main(["--update-golden", "sound", "wrong"]) == 1
    expected = {"second: old": ["1.0"], "sound: the root of 2": [ROOT_2], "wrong: old": ["3.0"]}
    assert golden.load() == expected
    text = golden.PATH.read_text()
    assert text == json.dumps(expected, indent=2, sort_keys=True) + "\n"
    main(["--update-golden", "sound"])
    assert golden.PATH.read_text() == text
    assert "FAILED wrong: two is three (exact algebra)" in failures(capsys)


@pytest.mark.parametrize("mode", ["--check", "--update-golden"])
def test_a_claim_made_twice(house, capsys, mode):
    house(derivation("twin", check("same", "0.5"), check("same", "0.5")), values={"twin: same": ["0.5"]})
    assert main([mode]) == 1
    assert failures(capsys) == [
        "FAILED twin: same (claimed twice: a golden value needs a claim of its own)"
    ]


@pytest.mark.parametrize(
    ("digits", "expected", "same"),
    [
        (ROOT_2, "1.41421356237309504880168872499", True),
        (ROOT_2, "1.41421356237309504880168873421", False),
        ("0.5", "0.499999999999999999999999999998", True),
        ("0.5", "0.6", False),
        ("2.0", "2.0000001", False),
        ("1.23456789012e-20", "1.23456789049e-20", True),
        ("1.23456789012e-20", "1.23456789512e-20", False),
        ("1.23456789012e-20", "1.23456789012e-21", False),
        ("+inf", "1.23456789012", False),
        ("(1.0 + 2.0j)", "1.23456789012", False),
    ],
)
def test_all_but_the_last_two_digits(digits, expected, same):
    assert golden.agree([digits], [expected]) is same
    assert golden.agree([expected], [digits]) is same
    assert not golden.agree([digits, digits], [digits])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["theorem-9"], "derivation = 'theorem-9': expected one of sound, second, third"),
        (["--check", "sound", "kapa"], "derivation = 'kapa': expected one of sound, "),
        (["--out", "file/new"], "out = file/new/pictures: Not a directory"),
        (["--check", "--list"], "argument --list: not allowed with argument --check"),
        (["--fast"], "unrecognized arguments: --fast"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(house, capsys, arguments, message):
    Path("file").touch()
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error
    assert {path.name for path in Path.cwd().iterdir()} == {"file", "golden.json"}


@pytest.mark.parametrize(("text", "message"), [("{", "line 1"), ('{"a: b": 3}', "expected a list")])
def test_a_golden_file_that_is_none(house, capsys, text, message):
    golden.PATH.write_text(text)
    with pytest.raises(SystemExit) as stopped:
        main(["--check", THIRD.name])
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err
