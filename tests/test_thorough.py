"""The list of tests that repeat others names tests that there are."""

import re

from tests.conftest import REPEATED


def test_every_line_names_a_test():
    lines = [line for line in REPEATED.read_text().splitlines() if not line.startswith("#")]
    assert lines == sorted(lines)
    for line in lines:
        path, _, name = line.partition("::")
        function = name.partition("[")[0]
        source = (REPEATED.parent / path).read_text()
        assert re.search(rf"^def {function}\b", source, re.MULTILINE), line
        if "[" in name:
            assert "parametrize" in source, line
