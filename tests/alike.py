"""Texts that agree but for the last digit of their numbers."""

import re
from decimal import Decimal

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]\d+)?")


def alike(text, other):
    """The same words, and numbers that differ by one unit of their last digit at most: by rounding."""
    if NUMBER.sub("", text) != NUMBER.sub("", other):
        return False
    pairs = zip(NUMBER.findall(text), NUMBER.findall(other), strict=True)
    return all(_close(Decimal(number), Decimal(expected)) for number, expected in pairs)


def _close(number, expected):
    exponents = {number.as_tuple().exponent, expected.as_tuple().exponent}
    # Whole numbers, such as a hundred samples, are exact.
    unit = Decimal(0) if exponents == {0} else Decimal(1).scaleb(max(exponents))
    return abs(number - expected) <= unit
