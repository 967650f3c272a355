"""Fingerprints are committed beside figures and tables: every version of Python agrees on them."""

from workbench.fingerprint import of_text

CODE = '''
"""A module."""
import math
type_free = lambda x, /, *, y=None: [x, *y] if y else (x, None, ..., -1.5, 2j, b"\\0", u"unicode")
class Shape(tuple, metaclass=type):
    side: float = 2.0
    def area(self, *sides: float, **options) -> float:
        """Square."""
        return f"{math.prod(sides):.3f} of {self!r:>{10}}"
async def wait():
    async with Shape() as a:
        return
'''


def test_fingerprints_are_those_of_python_3_11_to_3_13():
    assert of_text(CODE) == "aba2bf44c6f1"
