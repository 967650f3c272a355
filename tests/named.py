"""Names of tests that pages mention."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def is_test(name):
    """Whether a name, file::function, is that of a test."""
    path, _, function = name.partition("::")
    file = ROOT / path
    return (
        path.startswith("tests/")
        and file.is_file()
        and re.search(rf"^def {re.escape(function)}\(", file.read_text(), re.MULTILINE) is not None
    )
