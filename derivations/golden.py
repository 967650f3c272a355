"""Golden values: the digits that checks found when they were last looked at, committed as JSON.

Two sides of an equality can go wrong together; their digits cannot do so unnoticed.
"""

import json
from collections.abc import Container, Iterable
from decimal import Context, Decimal, InvalidOperation
from pathlib import Path

from derivations.outcome import Outcome
from derivations.steps import Check
from workbench.files import write_text

PATH = Path(__file__).with_name("golden.json")
UPDATE = "see python -m derivations --update-golden"
# The last digits are rounding: another version of SymPy may order the same sum differently.
ROUNDING = 2
# Fewer digits are a short exact number, 0.5 say: nothing in it is rounding.
SHORTEST_ROUNDED = 10

Golden = dict[str, list[str]]


def load() -> Golden:
    """The committed values by "derivation: claim"; raises ValueError if the file holds anything else."""
    try:
        golden = json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}
    except json.JSONDecodeError as error:
        raise ValueError(f"{PATH}: {error}") from None
    if not isinstance(golden, dict) or not all(isinstance(values, list) for values in golden.values()):
        raise ValueError(f"{PATH}: expected a list of digits for each claim")
    return golden


def compare(outcome: Outcome, golden: Golden) -> list[Check]:
    """A failed check for every golden value that is claimed twice, missing, different or stale."""
    problems = duplicates(outcome)
    current = _values(outcome)
    for key, values in current.items():
        if key not in golden:
            problems.append(Check(_claim(key), f"no golden value; {UPDATE}", False))
        elif not agree(values, golden[key]):
            expected, got = ", ".join(golden[key]), ", ".join(values)
            problems.append(Check(_claim(key), f"golden value {expected}, found {got}", False))
    if outcome.complete:
        stale = [key for key in golden if _owner(key) == outcome.name and key not in current]
        problems += [_stale(key) for key in stale]
    return problems


def duplicates(outcome: Outcome) -> list[Check]:
    """A failed check for every claim with values that is made twice."""
    claims = [check.claim for check in outcome.checks if check.values]
    twice = [claim for claim in dict.fromkeys(claims) if claims.count(claim) > 1]
    return [
        Check(claim, "claimed twice: a golden value needs a claim of its own", False) for claim in twice
    ]


def unclaimed(golden: Golden, names: Container[str]) -> list[Check]:
    """A failed check for every golden value of a derivation that does not exist."""
    return [_stale(key) for key in golden if _owner(key) not in names]


def agree(digits: Iterable[str], golden: Iterable[str]) -> bool:
    """The same numbers in the same order, to all but the last two of their digits."""
    digits, golden = list(digits), list(golden)
    return len(digits) == len(golden) and all(map(_same, digits, golden))


def update(golden: Golden, outcomes: Iterable[Outcome], names: Container[str]) -> Golden:
    """Golden values with those of sound outcomes put in place of their old ones; unclaimed ones go."""
    kept = {key: values for key, values in golden.items() if _owner(key) in names}
    for outcome in outcomes:
        if not outcome.failures:
            kept = {key: values for key, values in kept.items() if _owner(key) != outcome.name}
            kept |= _values(outcome)
    return kept


def write(golden: Golden) -> None:
    """Write the file, the same bytes for the same values."""
    write_text(PATH, json.dumps(golden, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def _values(outcome: Outcome) -> Golden:
    return {
        f"{outcome.name}: {check.claim}": list(check.values) for check in outcome.checks if check.values
    }


def _owner(key: str) -> str:
    return key.partition(": ")[0]


def _claim(key: str) -> str:
    return key.partition(": ")[2]


def _stale(key: str) -> Check:
    return Check(_claim(key), f"stale golden value: no check finds it; {UPDATE}", False)


def _same(number: str, golden: str) -> bool:
    if number == golden:
        return True
    try:
        a, b = Decimal(number), Decimal(golden)
    except InvalidOperation:
        return False
    # Zeros at the end are not printed: the longer number tells how many digits there were.
    digits = max(len(x.as_tuple().digits) for x in (a, b))
    if not (a.is_finite() and b.is_finite()) or digits < SHORTEST_ROUNDED:
        return False
    # Equal to that many digits: closer than one unit of the last digit compared.
    unit = Decimal(1).scaleb(max(a.adjusted(), b.adjusted()) + 1 + ROUNDING - digits)
    return abs(Context(prec=2 * digits).subtract(a, b)) < unit
